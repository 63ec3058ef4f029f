//! The printer's form: what was typed becomes settings, or says what is wrong with it.

use domain::{
    format::Language,
    receipt::{PrinterKind, PrinterSettings, ROLL_COLUMNS},
};

/// What stands in the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrinterForm {
    pub kind: PrinterKind,
    pub address: String,
    pub columns: u16,
    pub language: Language,
    pub copies: u8,
    pub has_logo: bool,
    pub kicks_drawer: bool,
    pub prints_at_once: bool,
    pub return_days: String,
    pub footer: String,
}

impl PrinterForm {
    /// The form of a printer that is set up, or of the first one.
    #[must_use]
    pub fn of(settings: Option<&PrinterSettings>, language: Language) -> Self {
        match settings {
            Some(settings) => Self {
                kind: settings.kind,
                address: settings.address.clone(),
                columns: settings.columns,
                language: settings.language,
                copies: settings.copies,
                has_logo: settings.has_logo,
                kicks_drawer: settings.kicks_drawer,
                prints_at_once: settings.prints_at_once,
                return_days: settings
                    .return_days
                    .map_or_else(String::new, |days| days.to_string()),
                footer: settings.footer.clone(),
            },
            None => Self {
                kind: PrinterKind::Network,
                address: String::new(),
                columns: ROLL_COLUMNS[2],
                language,
                copies: 1,
                has_logo: true,
                kicks_drawer: true,
                prints_at_once: true,
                return_days: String::new(),
                footer: String::new(),
            },
        }
    }

    /// The settings that were typed; none while something in them cannot be.
    #[must_use]
    pub fn settings(&self) -> Option<PrinterSettings> {
        let typed = self.return_days.trim();
        let return_days = if typed.is_empty() {
            None
        } else {
            Some(typed.parse().ok()?)
        };
        let settings = PrinterSettings {
            kind: self.kind,
            address: self.address.trim().to_owned(),
            columns: self.columns,
            language: self.language,
            copies: self.copies,
            has_logo: self.has_logo,
            kicks_drawer: self.kicks_drawer,
            prints_at_once: self.prints_at_once,
            return_days,
            footer: self.footer.trim().to_owned(),
        };
        settings.check().is_ok().then_some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_settings_once_it_has_an_address() {
        let mut form = PrinterForm::of(None, Language::Es);
        assert_eq!(form.settings(), None);
        form.address = " 192.168.1.50 ".into();
        let settings = form.settings();
        assert_eq!(
            settings.as_ref().map(|settings| settings.address.as_str()),
            Some("192.168.1.50")
        );
        assert_eq!(
            PrinterForm::of(settings.as_ref(), Language::En).settings(),
            settings
        );
        form.return_days = "soon".into();
        assert_eq!(form.settings(), None);
        form.return_days = "99999".into();
        assert_eq!(form.settings(), None);
    }
}
