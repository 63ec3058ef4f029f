//! A document in a few lines for a chat or a mail, and the links that open those with it filled in.

use super::{clean, words::Words};
use crate::{
    contract::ipc::DocumentView,
    format::{
        self, Language, Locale,
        time::{iso_day, moment},
    },
    quantity::Quantity,
    replication::row::Organization,
};

/// Lines that a message lists; a longer sale says how many more there are.
const SHARED_LINES_MAX: usize = 20;

/// The message.
#[must_use]
pub fn share_text(organization: &Organization, view: &DocumentView, language: Language) -> String {
    let document = &view.document;
    let words = Words::of(language);
    let locale = Locale {
        language,
        country: &organization.country,
        currency: &document.currency,
    };
    let shop = view
        .store
        .as_ref()
        .map_or(organization.name.as_str(), |store| store.name.as_str());
    let when = moment(document.wall_ms, document.utc_offset_min, locale);
    let mut lines = vec![
        clean(shop),
        format!("{} {}", words.title(view), document.number),
        when,
        String::new(),
    ];
    for line in document.lines.iter().take(SHARED_LINES_MAX) {
        let several = if line.quantity_milli == Quantity::ONE {
            String::new()
        } else {
            format!("{} × ", format::quantity(line.quantity_milli, locale))
        };
        let total = format::money(line.total_minor, locale);
        lines.push(format!("{several}{}: {total}", clean(&line.name)));
    }
    if document.lines.len() > SHARED_LINES_MAX {
        lines.push(format!("+ {}", document.lines.len() - SHARED_LINES_MAX));
    }
    let total = format::money(document.total_minor, locale);
    lines.push(format!("{}: {total}", words.total));
    lines.push(String::new());
    lines.push(match &view.quote {
        Some(quote) => format!(
            "{} {}",
            words.valid_until,
            iso_day(&quote.valid_until, locale)
        ),
        None => words.thanks.to_owned(),
    });
    lines.join("\n")
}

/// Opens a chat with the text filled in: with the number when it names its country, else with
/// whomever the person picks.
#[must_use]
pub fn chat_link(phone: &str, text: &str) -> String {
    let phone = phone.trim();
    let is_international = phone.starts_with('+') || phone.starts_with("00");
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches("00");
    let to = if is_international { digits } else { "" };
    format!("https://wa.me/{to}?text={}", encoded(text))
}

/// Opens a mail with subject and text filled in.
#[must_use]
pub fn mail_link(address: &str, subject: &str, text: &str) -> String {
    format!(
        "mailto:{}?subject={}&body={}",
        encoded(address.trim()),
        encoded(subject),
        encoded(&text.replace('\n', "\r\n"))
    )
}

/// Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_any_text() {
        assert_eq!(
            chat_link("+34 600-123-456", "5 €\n& más"),
            "https://wa.me/34600123456?text=5%20%E2%82%AC%0A%26%20m%C3%A1s"
        );
        assert_eq!(chat_link("600 123 456", "a"), "https://wa.me/?text=a");
        assert_eq!(
            mail_link("ana@example.com", "Recibo 1", "a\nb"),
            "mailto:ana@example.com?subject=Recibo%201&body=a%0D%0Ab"
        );
        assert_eq!(
            mail_link("a?bcc=x", "", ""),
            "mailto:a%3Fbcc%3Dx?subject=&body="
        );
    }
}
