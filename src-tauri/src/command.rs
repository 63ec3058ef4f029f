//! The commands of the window: each hands one contract command to the till and its answer back.
//! Nothing is decided here; what a window may call is also listed in `capabilities/main.json`.

use domain::contract::{failure::Failure, ipc};
use tauri::{State, Wry, ipc::Invoke};

use crate::till::OpenTill;

macro_rules! commands {
    ($($name:ident($command:ident),)+) => {
        $(#[tauri::command]
        async fn $name(
            till: State<'_, OpenTill>,
            args: ipc::$command,
        ) -> Result<<ipc::$command as ipc::Command>::Reply, Failure> {
            till.call(args).await
        })+

        /// Answers all of them.
        pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($name),+]
        }

        /// Each function with the name that its command has in the contract.
        #[cfg(test)]
        const REGISTERED: &[(&str, &str)] =
            &[$((stringify!($name), <ipc::$command as ipc::Command>::NAME)),+];
    };
}

commands! {
    get_session(GetSession),
    enrol(Enrol),
    list_staff(ListStaff),
    sign_in(SignIn),
    sign_out(SignOut),
    approve(Approve),
    list_categories(ListCategories),
    search_products(SearchProducts),
    scan_code(ScanCode),
    get_product(GetProduct),
    complete_sale(CompleteSale),
    park_sale(ParkSale),
    list_parked(ListParked),
    resume_parked(ResumeParked),
    discard_parked(DiscardParked),
    make_quote(MakeQuote),
    list_quotes(ListQuotes),
    get_quote(GetQuote),
    sell_quote(SellQuote),
    decline_quote(DeclineQuote),
    make_invoice(MakeInvoice),
    find_document(FindDocument),
    find_serial(FindSerial),
    find_balances(FindBalances),
    change_balance(ChangeBalance),
    list_documents(ListDocuments),
    complete_refund(CompleteRefund),
    adjust_stock(AdjustStock),
    search_customers(SearchCustomers),
    put_customer(PutCustomer),
    get_customer(GetCustomer),
    list_duplicates(ListDuplicates),
    merge_customers(MergeCustomers),
    split_customer(SplitCustomer),
    tell_customers_apart(TellCustomersApart),
    take_in_repair(TakeInRepair),
    list_repairs(ListRepairs),
    get_repair(GetRepair),
    move_repair(MoveRepair),
    note_repair(NoteRepair),
    get_printer(GetPrinter),
    put_printer(PutPrinter),
    print_test(PrintTest),
    print_document(PrintDocument),
    retry_print(RetryPrint),
    cancel_print(CancelPrint),
    save_pdf(SavePdf),
    get_terminal(GetTerminal),
    put_terminal(PutTerminal),
    charge_card(ChargeCard),
    cancel_card(CancelCard),
    ask_terminal(AskTerminal),
    get_card_payment(GetCardPayment),
    list_card_payments(ListCardPayments),
    settle_card_payment(SettleCardPayment),
    return_card_payment(ReturnCardPayment),
    get_shift(GetShift),
    open_shift(OpenShift),
    move_cash(MoveCash),
    count_cash(CountCash),
    close_shift(CloseShift),
    list_shifts(ListShifts),
    get_shift_report(GetShiftReport),
    get_sync_status(GetSyncStatus),
    sync_now(SyncNow),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    const CAPABILITY: &str = include_str!("../capabilities/main.json");
    /// To hear the event that says what changed.
    const EVENT_PERMISSIONS: [&str; 2] = ["core:event:allow-listen", "core:event:allow-unlisten"];

    fn contract() -> BTreeSet<String> {
        ipc::NAMES.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn every_command_of_the_contract_is_registered_under_its_name() {
        for (function, name) in REGISTERED {
            assert_eq!(function, name);
        }
        let registered: BTreeSet<String> = REGISTERED
            .iter()
            .map(|(_, name)| (*name).to_owned())
            .collect();
        assert_eq!(registered, contract());
    }

    #[test]
    fn window_is_granted_the_commands_of_the_contract_and_nothing_else() {
        let capability: Value = serde_json::from_str(CAPABILITY).unwrap();
        assert_eq!(capability["windows"], serde_json::json!(["main"]));
        let granted: BTreeSet<String> = capability["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .filter(|permission| !EVENT_PERMISSIONS.contains(permission))
            .map(|permission| match permission.strip_prefix("allow-") {
                Some(command) => command.replace('-', "_"),
                None => panic!("the window needs no {permission}"),
            })
            .collect();
        assert_eq!(granted, contract());
    }

    #[test]
    fn window_opens_chats_and_mails_and_no_other_link() {
        let capability: Value = serde_json::from_str(CAPABILITY).unwrap();
        let scoped: Vec<&Value> = capability["permissions"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|permission| permission.is_object())
            .collect();
        let expected = serde_json::json!({
            "identifier": "opener:allow-open-url",
            "allow": [{ "url": "https://wa.me/*" }, { "url": "mailto:*" }]
        });
        assert_eq!(scoped, [&expected]);
    }
}
