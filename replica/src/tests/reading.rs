//! What is read in one go is of one moment.

use super::fixture::{Desk, cable, line};

#[tokio::test]
async fn a_reader_sees_the_file_as_it_was_at_its_first_question() {
    const SALES: &str = "SELECT count(*) FROM document";
    let desk = Desk::at_work().await;
    desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    let mut reader = desk.shared().db.reader().await.unwrap();
    let mut counts = Vec::new();
    for _ in 0..2 {
        let count: i64 = sqlx::query_scalar(SALES)
            .fetch_one(&mut *reader)
            .await
            .unwrap();
        counts.push(count);
        desk.sell(vec![line(&cable(), 1)]).await.unwrap();
    }
    assert_eq!(counts, [1, 1]);
    drop(reader);
    assert_eq!(desk.number(SALES).await, 3);
}
