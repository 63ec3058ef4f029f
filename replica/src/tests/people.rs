//! Signing in by PIN: who may, and how guessing is stopped.

use domain::{
    contract::{
        failure::{Failure, code},
        ipc::{GetSession, ListStaff, SignIn, SignOut},
    },
    replication::Rows,
    staff::{PIN_ATTEMPTS_MAX, PIN_LOCK_MS, Staff},
};

use super::fixture::{CASHIER, Desk, ELSEWHERE, MANAGER, catalogue};

async fn guess(desk: &Desk, pin: &str) -> Failure {
    let pin = pin.to_owned();
    let staff_id = CASHIER;
    desk.till.call(SignIn { staff_id, pin }).await.unwrap_err()
}

#[tokio::test]
async fn only_people_of_this_store_and_of_all_sign_in() {
    let desk = Desk::new().await;
    let names: Vec<String> = desk
        .till
        .call(ListStaff {})
        .await
        .unwrap()
        .into_iter()
        .map(|person| person.name)
        .collect();
    assert_eq!(names, ["Carlos", "Marta"]);
    assert_eq!(
        desk.sign_in(ELSEWHERE).await.unwrap_err().code,
        code::NOT_FOUND
    );
    desk.sign_in(MANAGER).await.unwrap();
    let session = desk.till.call(GetSession {}).await.unwrap();
    assert_eq!(session.staff.unwrap().name, "Marta");
    assert!(session.key_in_file);
    let session = desk.till.call(SignOut {}).await.unwrap();
    assert_eq!(session.staff, None);
}

#[tokio::test]
async fn lock_out_survives_a_restart_and_ends_by_the_clock() {
    let desk = Desk::new().await;
    for left in (1..PIN_ATTEMPTS_MAX).rev() {
        let failure = guess(&desk, "0000").await;
        assert_eq!(failure.code, code::WRONG_PIN);
        assert_eq!(failure.fields["attempts_left"], left);
    }
    assert_eq!(guess(&desk, "0000").await.code, code::PIN_LOCKED);
    let desk = desk.restart().await;
    assert_eq!(
        desk.sign_in(CASHIER).await.unwrap_err().code,
        code::PIN_LOCKED
    );
    desk.clock.advance(PIN_LOCK_MS - 1);
    assert_eq!(
        desk.sign_in(CASHIER).await.unwrap_err().code,
        code::PIN_LOCKED
    );
    desk.clock.advance(1);
    desk.sign_in(CASHIER).await.unwrap();
    assert_eq!(guess(&desk, "1").await.fields["attempts_left"], 4);
}

#[tokio::test]
async fn guesses_at_once_are_counted_one_by_one() {
    let desk = Desk::new().await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let till = desk.till.clone();
        tasks.push(tokio::spawn(async move {
            let pin = "0000".to_owned();
            let staff_id = CASHIER;
            till.call(SignIn { staff_id, pin }).await.unwrap_err().code
        }));
    }
    let mut wrong = 0;
    for task in tasks {
        wrong += u32::from(task.await.unwrap() == code::WRONG_PIN);
    }
    assert_eq!(wrong, PIN_ATTEMPTS_MAX - 1);
}

#[tokio::test]
async fn verifiers_do_not_lie_open_in_the_file() {
    let desk = Desk::new().await;
    desk.till.close().await.unwrap();
    let bytes = std::fs::read(desk.folder.0.join("replica-1.db")).unwrap();
    let argon = b"$argon2id$";
    assert!(!bytes.windows(argon.len()).any(|window| window == argon));
}

#[tokio::test]
async fn person_who_left_is_signed_out_by_the_feed() {
    let mut desk = Desk::at_work().await;
    let staff = catalogue()
        .staff
        .into_iter()
        .map(|person| Staff {
            active: person.staff_id != MANAGER,
            ..person
        })
        .collect();
    desk.org.server(Rows {
        staff,
        ..Rows::default()
    });
    desk.pull().await;
    assert_eq!(desk.till.call(GetSession {}).await.unwrap().staff, None);
    assert_eq!(
        desk.sign_in(MANAGER).await.unwrap_err().code,
        code::NOT_FOUND
    );
}
