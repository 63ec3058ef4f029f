//! Every command of the contract in one table: what the window, `till-headless` and tests call,
//! and the use case that answers it.

use std::future::Future;

use domain::contract::{
    failure::Failure,
    ipc::{self, Command},
};
use serde_json::Value;

use crate::{
    error::Error,
    op,
    till::{Shared, Till},
};

/// A command that this crate answers: all of them.
pub trait Run: Command + Send + 'static {
    #[doc(hidden)]
    fn run(self, till: &Shared) -> impl Future<Output = Result<Self::Reply, Error>> + Send;
}

macro_rules! table {
    ($($command:ident => $answer:path;)+) => {
        $(impl Run for ipc::$command {
            async fn run(self, till: &Shared) -> Result<Self::Reply, Error> {
                $answer(till, self).await
            }
        })+

        /// Runs the command of that name.
        pub(crate) async fn dispatch(
            till: &Till,
            name: &str,
            arguments: Value,
        ) -> Result<Value, Failure> {
            match name {
                $(<ipc::$command as Command>::NAME => {
                    let command: ipc::$command = read(arguments)?;
                    write(&till.call(command).await?)
                })+
                _ => Err(Error::CommandUnknown(name.to_owned()).into()),
            }
        }

        #[cfg(test)]
        const ANSWERED: &[&str] = &[$(<ipc::$command as Command>::NAME),+];
    };
}

table! {
    GetSession => op::get_session::get_session;
    Enrol => op::enrol::enrol;
    ListStaff => op::list_staff::list_staff;
    SignIn => op::sign_in::sign_in;
    SignOut => op::sign_out::sign_out;
    Approve => op::approve::approve;
    ListCategories => op::list_categories::list_categories;
    SearchProducts => op::search_products::search_products;
    ScanCode => op::scan_code::scan_code;
    GetProduct => op::get_product::get_product;
    CompleteSale => op::complete_sale::complete_sale;
    ParkSale => op::park_sale::park_sale;
    ListParked => op::list_parked::list_parked;
    ResumeParked => op::resume_parked::resume_parked;
    DiscardParked => op::discard_parked::discard_parked;
    MakeQuote => op::make_quote::make_quote;
    ListQuotes => op::list_quotes::list_quotes;
    GetQuote => op::get_quote::get_quote;
    SellQuote => op::sell_quote::sell_quote;
    DeclineQuote => op::decline_quote::decline_quote;
    MakeInvoice => op::make_invoice::make_invoice;
    FindDocument => op::find_document::find_document;
    FindSerial => op::find_serial::find_serial;
    FindBalances => op::find_balances::find_balances;
    ChangeBalance => op::change_balance::change_balance;
    ListDocuments => op::list_documents::list_documents;
    CompleteRefund => op::complete_refund::complete_refund;
    AdjustStock => op::adjust_stock::adjust_stock;
    SearchCustomers => op::search_customers::search_customers;
    PutCustomer => op::put_customer::put_customer;
    GetCustomer => op::get_customer::get_customer;
    ListDuplicates => op::list_duplicates::list_duplicates;
    MergeCustomers => op::merge_customers::merge_customers;
    SplitCustomer => op::split_customer::split_customer;
    TellCustomersApart => op::tell_customers_apart::tell_customers_apart;
    TakeInRepair => op::take_in_repair::take_in_repair;
    ListRepairs => op::list_repairs::list_repairs;
    GetRepair => op::get_repair::get_repair;
    MoveRepair => op::move_repair::move_repair;
    NoteRepair => op::note_repair::note_repair;
    GetPrinter => op::printer::get_printer;
    PutPrinter => op::printer::put_printer;
    PrintTest => op::printer::print_test;
    PrintDocument => op::printer::print_document;
    RetryPrint => op::printer::retry_print;
    CancelPrint => op::printer::cancel_print;
    SavePdf => op::save_pdf::save_pdf;
    GetTerminal => op::terminal::get_terminal;
    PutTerminal => op::terminal::put_terminal;
    ChargeCard => op::charge_card::charge_card;
    CancelCard => op::cancel_card::cancel_card;
    AskTerminal => op::ask_terminal::ask_terminal;
    GetCardPayment => op::get_card_payment::get_card_payment;
    ListCardPayments => op::list_card_payments::list_card_payments;
    SettleCardPayment => op::settle_card_payment::settle_card_payment;
    ReturnCardPayment => op::return_card_payment::return_card_payment;
    GetShift => op::get_shift::get_shift;
    OpenShift => op::open_shift::open_shift;
    MoveCash => op::move_cash::move_cash;
    CountCash => op::count_cash::count_cash;
    CloseShift => op::close_shift::close_shift;
    ListShifts => op::list_shifts::list_shifts;
    GetShiftReport => op::get_shift_report::get_shift_report;
    GetSyncStatus => op::get_sync_status::get_sync_status;
    SyncNow => op::sync_now::sync_now;
}

fn read<T: serde::de::DeserializeOwned>(mut arguments: Value) -> Result<T, Failure> {
    without_nul(&mut arguments);
    if arguments.is_null() {
        arguments = Value::Object(serde_json::Map::new());
    }
    serde_json::from_value(arguments).map_err(|error| Error::Malformed(error.to_string()).into())
}

fn write<T: serde::Serialize>(reply: &T) -> Result<Value, Failure> {
    serde_json::to_value(reply).map_err(|error| Error::Json(error).into())
}

/// Takes U+0000 out of every text: no database on the way keeps it, and no keyboard types it.
fn without_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => text.retain(|c| c != '\0'),
        Value::Array(list) => list.iter_mut().for_each(without_nul),
        Value::Object(fields) => fields.values_mut().for_each(without_nul),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_contract_is_answered() {
        assert_eq!(ANSWERED, ipc::NAMES);
    }
}
