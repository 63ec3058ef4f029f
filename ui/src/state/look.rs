//! How the program looks to the person before it: language and theme.

use std::rc::Rc;

use yew::Reducible;

use crate::text::Language;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

impl Theme {
    /// The theme's name in the style sheet.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    pub language: Language,
    pub theme: Theme,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookAction {
    SetLanguage(Language),
    SwitchLanguage,
    SwitchTheme,
}

impl Reducible for Look {
    type Action = LookAction;

    fn reduce(self: Rc<Self>, action: LookAction) -> Rc<Self> {
        let mut next = *self;
        match action {
            LookAction::SetLanguage(language) => next.language = language,
            LookAction::SwitchLanguage => next.language = next.language.other(),
            LookAction::SwitchTheme => next.theme = next.theme.other(),
        }
        if next == *self { self } else { Rc::new(next) }
    }
}
