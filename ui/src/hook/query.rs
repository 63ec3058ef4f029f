//! Questions to the till and to the server, asked again when their subject changes.

use std::future::Future;

use domain::contract::{failure::Failure, ipc::Command};
use wasm_bindgen_futures::spawn_local;
use yew::{Callback, UseReducerHandle, hook, use_effect_with, use_mut_ref, use_reducer};

use crate::{
    ipc,
    state::query::{Query, QueryAction},
};

/// An answer and the way to ask again.
#[derive(Debug)]
pub struct Asked<T: 'static> {
    query: UseReducerHandle<Query<T>>,
    pub again: Callback<()>,
}

impl<T> std::ops::Deref for Asked<T> {
    type Target = Query<T>;

    fn deref(&self) -> &Query<T> {
        &self.query
    }
}

/// Asks the till; again whenever the command or `version` changes. No command asks nothing.
#[hook]
pub fn use_ipc<C>(command: Option<C>, version: u32) -> Asked<C::Reply>
where
    C: Command + Clone + 'static,
    C::Reply: 'static,
{
    let key = command
        .as_ref()
        .and_then(|command| serde_json::to_string(command).ok());
    use_api(key, version, move || {
        let command = command.clone();
        async move {
            match command {
                Some(command) => ipc::call(&command).await,
                None => Err(Failure::new(
                    domain::contract::failure::code::INTERNAL,
                    "nothing asked",
                )),
            }
        }
    })
}

/// Asks by any means; again whenever the key or `version` changes. No key asks nothing. An answer
/// to another key's question is forgotten at once only when there is no key any more.
#[hook]
pub fn use_api<T, F, A>(key: Option<String>, version: u32, ask: F) -> Asked<T>
where
    T: 'static,
    F: Fn() -> A + 'static,
    A: Future<Output = Result<T, Failure>> + 'static,
{
    let query = use_reducer(Query::<T>::default);
    let number = use_mut_ref(|| 0_u32);
    let latest = use_mut_ref(|| None::<F>);
    *latest.borrow_mut() = Some(ask);

    let again = {
        let query = query.dispatcher();
        let has_key = key.is_some();
        Callback::from(move |()| {
            let asked = {
                let mut number = number.borrow_mut();
                *number = number.wrapping_add(1);
                *number
            };
            query.dispatch(QueryAction::Ask {
                number: asked,
                forget: !has_key,
            });
            let answer = latest
                .borrow()
                .as_ref()
                .filter(|_| has_key)
                .map(|ask| ask());
            if let Some(answer) = answer {
                let query = query.clone();
                spawn_local(async move {
                    query.dispatch(QueryAction::Answer(asked, answer.await));
                });
            }
        })
    };
    {
        let again = again.clone();
        use_effect_with((key, version), move |_| again.emit(()));
    }
    Asked { query, again }
}
