//! From a document to the lines of its paper. Every line is as wide as the form, whatever is
//! written in it.

use super::{
    Align, Cell, Element, Emphasis, Form, Mark, Options, Receipt,
    width::{cells, clean, wrap},
    words::Words,
};
use crate::{
    balance::{self, BalanceId, BalanceKind},
    format::{
        self, Locale,
        time::{iso_day, moment},
    },
    money::Money,
    quantity::Quantity,
    sale::{DocumentKind, DocumentLine, Payment, TenderCode, invoice::BilledTo},
    tax::TaxMode,
};

/// Least room for a label beside its amount; with less, the amount gets a line of its own.
const LABEL_CELLS_MIN: u16 = 10;
/// Indent of what belongs to the line above.
const INDENT: u16 = 2;
/// Columns of a sheet's table: quantity, description, price, tax, amount.
const TABLE: [u16; 5] = [10, 40, 16, 12, 18];
/// Sums of a sheet stand under its right half.
const SUMS_INSET: u16 = 50;
/// What the codes of a test page say.
const TEST_CODE: &str = "TEST12345";
/// Digits of a hash on one line, in groups that can be read out.
const HASH_GROUP: usize = 4;

/// Lays a document out.
#[must_use]
pub fn lay_out(receipt: &Receipt<'_>) -> Vec<Element> {
    let mut sheet = Lines {
        columns: receipt.options.form.columns(),
        inset: 0,
        words: Words::of(receipt.options.language),
        locale: receipt.locale(),
        elements: Vec::new(),
    };
    sheet.head(receipt);
    if !receipt.view.document.lines.is_empty() {
        sheet.lines(receipt);
    }
    if receipt.options.form == Form::Sheet {
        sheet.inset = SUMS_INSET;
    }
    sheet.sums(receipt);
    sheet.foot(receipt);
    sheet.elements
}

/// What a test page says: every cell's column, the letters of the language, and the codes.
#[must_use]
pub fn lay_out_test(locale: Locale<'_>, till: &str, options: &Options) -> Vec<Element> {
    let words = Words::of(locale.language);
    let mut page = Lines {
        columns: options.form.columns(),
        inset: 0,
        words,
        locale,
        elements: Vec::new(),
    };
    if options.kicks_drawer {
        page.push(Element::Drawer);
    }
    if options.has_logo {
        page.push(Element::Logo);
    }
    page.text(words.test_page, Align::Center, Emphasis::Tall);
    page.centered(till);
    page.push(Element::Rule);
    let ruler: String = (1..=page.columns)
        .map(|n| char::from(b'0' + u8::try_from(n % 10).unwrap_or(0)))
        .collect();
    page.centered(&ruler);
    page.centered("áéíóú üñ ÁÉÍÓÚ ÜÑ ¿? ¡! € ç º ª");
    page.text(words.test_strong, Align::Left, Emphasis::Strong);
    page.pair(
        words.total,
        &format::money(Money(123_456), locale),
        Emphasis::Tall,
        None,
    );
    page.push(Element::Qr(TEST_CODE.to_owned()));
    page.push(Element::Barcode(TEST_CODE.to_owned()));
    page.centered(TEST_CODE);
    page.push(Element::Cut);
    page.elements
}

struct Lines<'a> {
    columns: u16,
    /// Where pairs of label and amount begin.
    inset: u16,
    words: &'static Words,
    locale: Locale<'a>,
    elements: Vec<Element>,
}

/// A column's text, width and side.
type Column<'a> = (&'a str, u16, Align);

impl Lines<'_> {
    fn push(&mut self, element: Element) {
        self.elements.push(element);
    }

    /// A row of columns, each broken into as many lines as it needs. All but the last keep a cell
    /// free at their end.
    fn row(&mut self, columns: &[Column<'_>], emphasis: Emphasis, mark: Option<Mark>) {
        let last = columns.len().saturating_sub(1);
        let wrapped: Vec<Vec<String>> = columns
            .iter()
            .enumerate()
            .map(|(at, (text, width, _))| {
                wrap(text, width.saturating_sub(u16::from(at < last)).max(1))
            })
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for n in 0..height {
            let mut cells = Vec::with_capacity(columns.len());
            for (at, ((_, width, align), lines)) in columns.iter().zip(&wrapped).enumerate() {
                // A text at the right edge of its column would touch the next one.
                let is_apart = at < last && *align == Align::Right;
                cells.push(Cell {
                    text: lines.get(n).cloned().unwrap_or_default(),
                    width: width.saturating_sub(u16::from(is_apart)),
                    align: *align,
                    mark: mark.filter(|_| at == last && n == 0),
                });
                if is_apart {
                    cells.push(Cell {
                        width: 1,
                        ..Cell::default()
                    });
                }
            }
            self.push(Element::Line { cells, emphasis });
        }
    }

    fn text(&mut self, text: &str, align: Align, emphasis: Emphasis) {
        self.row(&[(text, self.columns, align)], emphasis, None);
    }

    fn centered(&mut self, text: &str) {
        self.text(text, Align::Center, Emphasis::Normal);
    }

    /// A label and an amount at the right edge.
    fn pair(&mut self, label: &str, amount: &str, emphasis: Emphasis, mark: Option<Mark>) {
        let width = cells(&clean(amount));
        if width.saturating_add(LABEL_CELLS_MIN) > self.columns - self.inset {
            self.text(label, Align::Left, emphasis);
            self.row(&[(amount, self.columns, Align::Right)], emphasis, mark);
            return;
        }
        // A loud amount gets half of the line where it can: bold letters of a font that is not the
        // roll's are wider than their cells.
        let half = (self.columns - self.inset) / 2;
        let is_loud = matches!(emphasis, Emphasis::Strong | Emphasis::Tall);
        let width = if is_loud && cells(&clean(label)) < half {
            width.max(half)
        } else {
            width
        };
        let columns = [
            ("", self.inset, Align::Left),
            (label, self.columns - self.inset - width, Align::Left),
            (amount, width, Align::Right),
        ];
        let from = usize::from(self.inset == 0);
        self.row(&columns[from..], emphasis, mark);
    }

    fn amount(&mut self, label: &str, amount: Money) {
        let amount = format::money(amount, self.locale);
        self.pair(label, &amount, Emphasis::Normal, None);
    }

    fn head(&mut self, receipt: &Receipt<'_>) {
        let (view, options, words) = (receipt.view, receipt.options, self.words);
        let document = &view.document;
        if options.kicks_drawer {
            // At once: the cashier needs the change while the rest is being printed.
            self.push(Element::Drawer);
        }
        if options.has_logo {
            self.push(Element::Logo);
        }
        self.text(&receipt.organization.name, Align::Center, Emphasis::Strong);
        if let Some(store) = &view.store {
            if store.name != receipt.organization.name {
                self.centered(&store.name);
            }
            self.centered(&store.address);
        }
        self.push(Element::Rule);
        if options.is_training {
            self.text(words.training, Align::Center, Emphasis::Tall);
        }
        if options.is_copy {
            self.text(words.copy, Align::Center, Emphasis::Strong);
        }
        self.pair(
            words.title(view),
            &document.number,
            Emphasis::Strong,
            Some(Mark::Number),
        );
        if let Some(number) = &view.original_number {
            self.pair(words.of_receipt, number, Emphasis::Normal, None);
        }
        if let Some(invoice) = &document.details.invoice {
            let label = words.of_invoice;
            self.pair(label, &invoice.number, Emphasis::Normal, None);
        }
        if let Some(invoice) = &view.invoice {
            let day = iso_day(&invoice.receipt_date, self.locale);
            self.pair(words.receipt_of_day, &day, Emphasis::Normal, None);
        }
        if let Some(other) = &document.details.exchange {
            let label = words.exchanged_with;
            self.pair(label, &other.number, Emphasis::Normal, None);
        }
        let when = moment(document.wall_ms, document.utc_offset_min, self.locale);
        let till = view
            .till_number
            .map_or_else(String::new, |n| format!("{} {n}", words.till));
        self.pair(&when, &till, Emphasis::Normal, None);
        if !view.customer_name.is_empty() {
            self.text(
                &format!("{}: {}", words.customer, view.customer_name),
                Align::Left,
                Emphasis::Normal,
            );
        }
        if let Some(invoice) = &view.invoice {
            self.billed_to(&invoice.billed_to);
        }
        self.push(Element::Rule);
    }

    /// The rest of who an invoice is made out to.
    fn billed_to(&mut self, billed: &BilledTo) {
        if !billed.tax_id.is_empty() {
            let text = format!("{}: {}", self.words.tax_id, billed.tax_id);
            self.text(&text, Align::Left, Emphasis::Normal);
        }
        if !billed.address.is_empty() {
            self.text(&billed.address, Align::Left, Emphasis::Normal);
        }
    }

    fn lines(&mut self, receipt: &Receipt<'_>) {
        let document = &receipt.view.document;
        if receipt.options.form == Form::Sheet {
            let words = self.words;
            let head = [
                words.quantity,
                words.description,
                words.unit_price,
                words.tax,
                words.amount,
            ];
            self.table(head, Emphasis::Strong);
            self.push(Element::Rule);
            for line in &document.lines {
                self.table_line(line);
            }
        } else {
            for line in &document.lines {
                self.roll_line(line);
            }
        }
        self.push(Element::Rule);
    }

    fn table(&mut self, texts: [&str; 5], emphasis: Emphasis) {
        let columns: [Column<'_>; 5] = std::array::from_fn(|at| {
            let align = if at == 1 { Align::Left } else { Align::Right };
            (texts[at], TABLE[at], align)
        });
        self.row(&columns, emphasis, None);
    }

    fn table_line(&mut self, line: &DocumentLine) {
        let locale = self.locale;
        self.table(
            [
                &format::quantity(line.quantity_milli, locale),
                &line.name,
                &format::unit_price(line.unit_price_e4, locale),
                &format::rate(line.rate_ppm, locale),
                &format::money(line.total_minor, locale),
            ],
            Emphasis::Normal,
        );
        let mut below = clean(&line.sku);
        if line.discount_minor > Money::ZERO {
            below.push_str("  ");
            below.push_str(&format::money(-line.discount_minor, locale));
        }
        self.table(["", &below, "", "", ""], Emphasis::Quiet);
        for note in self.notes(line) {
            self.table(["", &note, "", "", ""], Emphasis::Quiet);
        }
    }

    /// What a line's total holds beside quantity and price, and why no tax was taken.
    fn notes(&self, line: &DocumentLine) -> Vec<String> {
        let serial = line.details.serial.iter();
        let serial = serial.map(|serial| format!("{} {}", self.words.serial, clean(serial)));
        let levies = line.details.levies.iter().map(|levy| {
            let amount = format::money(levy.amount_minor, self.locale);
            format!("{} {amount}", clean(&levy.name))
        });
        let exemption = clean(&line.details.exemption);
        serial
            .chain(levies)
            .chain((!exemption.is_empty()).then_some(exemption))
            .collect()
    }

    fn roll_line(&mut self, line: &DocumentLine) {
        let locale = self.locale;
        let total = format::money(line.total_minor, locale);
        self.pair(&line.name, &total, Emphasis::Normal, None);
        let is_discounted = line.discount_minor > Money::ZERO;
        let notes = self.notes(line);
        let is_plain = line.quantity_milli == Quantity::ONE && !is_discounted;
        if is_plain && line.details.levies.is_empty() {
            return self.below(&notes);
        }
        let mut detail = format!(
            "{} × {}",
            format::quantity(line.quantity_milli, locale),
            format::unit_price(line.unit_price_e4, locale)
        );
        if is_discounted {
            detail.push(' ');
            detail.push_str(&format::money(-line.discount_minor, locale));
        }
        self.below(&[detail]);
        self.below(&notes);
    }

    /// Quiet lines under a line of goods.
    fn below(&mut self, texts: &[String]) {
        for text in texts {
            let columns = [
                ("", INDENT, Align::Left),
                (text.as_str(), self.columns - INDENT, Align::Left),
            ];
            self.row(&columns, Emphasis::Quiet, None);
        }
    }

    fn sums(&mut self, receipt: &Receipt<'_>) {
        let (document, words) = (&receipt.view.document, self.words);
        for tax in &document.taxes {
            let rate = format::rate(tax.rate_ppm, self.locale);
            self.amount(&format!("{} {rate}", words.net), tax.net_minor);
            if tax.rate_ppm.0 == 0 {
                continue;
            }
            let label = match document.tax_mode {
                TaxMode::Inclusive => format!("{} {rate} ({})", words.tax, words.included),
                TaxMode::Exclusive => format!("{} {rate}", words.tax),
            };
            self.amount(&label, tax.tax_minor);
        }
        let label = match document.kind {
            DocumentKind::CreditNote => words.given_back,
            DocumentKind::Receipt => words.total,
        };
        let total = format::money(document.total_minor, self.locale);
        self.pair(label, &total, Emphasis::Tall, Some(Mark::Total));
        if !document.rounding_minor.is_zero() {
            self.amount(words.rounding, document.rounding_minor);
        }
        self.payments(receipt);
        if let Some(quote) = &receipt.view.quote {
            let day = iso_day(&quote.valid_until, self.locale);
            self.pair(words.valid_until, &day, Emphasis::Strong, None);
            if !quote.note.is_empty() {
                let note = format!("{}: {}", words.note, quote.note);
                self.text(&note, Align::Left, Emphasis::Normal);
            }
        }
        if !document.reason.is_empty() {
            self.text(
                &format!("{}: {}", words.reason, document.reason),
                Align::Left,
                Emphasis::Normal,
            );
        }
    }

    /// What is paid into balances first, then what pays for it all.
    fn payments(&mut self, receipt: &Receipt<'_>) {
        let (document, words) = (&receipt.view.document, self.words);
        let (paid_in, paid): (Vec<&Payment>, Vec<&Payment>) =
            (document.payments.iter()).partition(|payment| payment.amount_minor < Money::ZERO);
        for payment in &paid_in {
            self.payment(receipt, payment, -payment.tendered_minor);
        }
        if !paid_in.is_empty() {
            let due = paid.iter().map(|payment| payment.amount_minor);
            let due = due.fold(Money::ZERO, |sum, amount| sum + amount);
            let due = format::money(due, self.locale);
            self.pair(words.to_pay, &due, Emphasis::Strong, None);
        }
        for payment in paid {
            self.payment(receipt, payment, payment.tendered_minor);
            if payment.change_minor > Money::ZERO {
                self.amount(words.change, payment.change_minor);
            }
        }
    }

    fn payment(&mut self, receipt: &Receipt<'_>, payment: &Payment, amount: Money) {
        let words = self.words;
        let document = &receipt.view.document;
        let mut used = document.details.balances.iter();
        let used = used.find(|used| used.n == payment.n);
        let name = words.tender(payment.tender, receipt.tenders);
        let label = match payment.reference.as_str() {
            "" => name,
            // Whoever finds the paper spends nothing.
            code if payment.tender == TenderCode::GIFT_CARD => {
                format!("{name} {}", balance::masked(code))
            }
            reference => format!("{name} {reference}"),
        };
        self.amount(&label, amount);
        if let Some(used) = used {
            let (word, left) = match used.of.kind() {
                BalanceKind::Account => (words.owed, -used.left_minor),
                BalanceKind::GiftCard | BalanceKind::StoreCredit => (words.left, used.left_minor),
            };
            self.below(&[format!("{word} {}", format::money(left, self.locale))]);
        }
    }

    /// The codes of gift cards that money was paid into: the paper is the card where there is no other.
    fn gift_cards(&mut self, receipt: &Receipt<'_>) {
        let document = &receipt.view.document;
        for used in &document.details.balances {
            let mut payments = document.payments.iter();
            let payment = payments.find(|payment| payment.n == used.n);
            let (BalanceId::GiftCard { code }, Some(payment)) = (&used.of, payment) else {
                continue;
            };
            if payment.amount_minor < Money::ZERO {
                let name = self.words.tender(payment.tender, receipt.tenders);
                let amount = format::money(used.left_minor, self.locale);
                self.push(Element::Rule);
                self.text(&format!("{name}  {amount}"), Align::Center, Emphasis::Tall);
                self.push(Element::Barcode(code.clone()));
                self.centered(&balance::grouped(code));
            }
        }
    }

    fn last_words(&mut self, options: &Options) {
        let words = self.words;
        if let Some(days) = options.return_days {
            self.centered(&words.return_days(days));
        }
        if options.footer.trim().is_empty() {
            self.centered(words.thanks);
        } else {
            for line in options.footer.lines() {
                self.centered(line);
            }
        }
    }

    fn foot(&mut self, receipt: &Receipt<'_>) {
        let (view, options, words) = (receipt.view, receipt.options, self.words);
        let number = clean(&view.document.number);
        self.push(Element::Gap);
        if !view.staff_name.is_empty() {
            self.centered(&format!("{} {}", words.served_by, view.staff_name));
        }
        if view.quote.is_some() {
            // Nothing was bought: returns and thanks are a receipt's.
            self.text(words.no_invoice, Align::Center, Emphasis::Strong);
        } else {
            self.last_words(options);
        }
        self.push(Element::Gap);
        self.push(Element::Qr(number.clone()));
        self.push(Element::Barcode(number.clone()));
        self.centered(&number);
        if let Some(proof) = &view.proof {
            self.push(Element::Gap);
            self.text(
                &format!("{} {}", words.hash, grouped(&proof.hash)),
                Align::Center,
                Emphasis::Quiet,
            );
            match proof.is_sound {
                Some(true) => self.text(words.sound, Align::Center, Emphasis::Quiet),
                Some(false) => self.text(words.not_sound, Align::Center, Emphasis::Strong),
                None => {}
            }
        }
        if options.is_copy {
            self.text(words.copy, Align::Center, Emphasis::Strong);
        }
        if options.is_training {
            self.text(words.training, Align::Center, Emphasis::Strong);
        }
        self.gift_cards(receipt);
        self.push(Element::Cut);
    }
}

fn grouped(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    digits
        .chunks(HASH_GROUP)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}
