//! The window's only way to its till, and its only JavaScript boundary: one function that asks,
//! one that hears that something changed. Both speak JSON texts of `domain::contract::ipc`.

use domain::contract::{
    failure::{Failure, code},
    ipc::{CHANGED_EVENT, Changed, Command},
};
use js_sys::{Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// Asks the till. A window without a till answers every command with an internal failure.
pub async fn call<C: Command>(command: &C) -> Result<C::Reply, Failure> {
    let reply = invoke(C::NAME, command).await?;
    let text = JSON::stringify(&reply).map_err(|error| broken(&error))?;
    let text = text.as_string().unwrap_or_else(|| "null".to_owned());
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(
            code::COMMAND_UNKNOWN,
            format!("reply to {}: {error}", C::NAME),
        )
    })
}

/// Hears of changes for as long as the window lives.
pub async fn listen(heard: impl Fn(Changed) + 'static) -> Result<(), Failure> {
    let handler = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let changed = Reflect::get(&event, &"payload".into())
            .ok()
            .and_then(|payload| JSON::stringify(&payload).ok())
            .and_then(|text| text.as_string())
            .and_then(|text| serde_json::from_str(&text).ok());
        if let Some(changed) = changed {
            heard(changed);
        }
    });
    let listen = function("event", "listen")?;
    let promise = listen
        .call2(&JsValue::NULL, &CHANGED_EVENT.into(), handler.as_ref())
        .map_err(|error| broken(&error))?;
    // The listener is never taken away: the program is the window.
    handler.forget();
    settled(promise).await.map(|_| ())
}

/// Opens a link in the program that the computer has for it. The window's capability says which
/// links that may be.
pub async fn open_link(url: &str) -> Result<(), Failure> {
    let named = Object::new();
    Reflect::set(&named, &"url".into(), &url.into()).map_err(|error| broken(&error))?;
    let promise = function("core", "invoke")?
        .call2(&JsValue::NULL, &"plugin:opener|open_url".into(), &named)
        .map_err(|error| broken(&error))?;
    settled(promise).await.map(drop)
}

async fn invoke<C: Command>(name: &str, command: &C) -> Result<JsValue, Failure> {
    let text = serde_json::to_string(command)
        .map_err(|error| Failure::new(code::MALFORMED, error.to_string()))?;
    let args = JSON::parse(&text).map_err(|error| broken(&error))?;
    let named = Object::new();
    Reflect::set(&named, &"args".into(), &args).map_err(|error| broken(&error))?;
    let promise = function("core", "invoke")?
        .call2(&JsValue::NULL, &name.into(), &named)
        .map_err(|error| broken(&error))?;
    settled(promise).await
}

async fn settled(promise: JsValue) -> Result<JsValue, Failure> {
    let promise: Promise = promise.dyn_into().map_err(|error| broken(&error))?;
    JsFuture::from(promise)
        .await
        .map_err(|error| broken(&error))
}

fn function(module: &str, name: &str) -> Result<Function, Failure> {
    let missing = || {
        Failure::new(
            code::INTERNAL,
            format!("no till behind this window: {name}"),
        )
    };
    let window = web_sys::window().ok_or_else(missing)?;
    Reflect::get(&window, &"__TAURI__".into())
        .and_then(|tauri| Reflect::get(&tauri, &module.into()))
        .and_then(|module| Reflect::get(&module, &name.into()))
        .ok()
        .and_then(|function| function.dyn_into().ok())
        .ok_or_else(missing)
}

/// A refusal is a `Failure` in JSON; anything else is the shell's own error text.
fn broken(error: &JsValue) -> Failure {
    if let Some(text) = error.as_string() {
        return Failure::new(code::INTERNAL, text);
    }
    JSON::stringify(error)
        .ok()
        .and_then(|text| text.as_string())
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_else(|| Failure::new(code::INTERNAL, format!("{error:?}")))
}
