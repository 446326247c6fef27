//! Choosing between values: `default`, `coalesce`, `ternary`, and what counts as empty.

use crate::gotemplate::Fault;
use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::Value;

use Type::{Any, Bool, Text};

pub(super) const TABLE: &[Function] = &[
    Function::variadic("default", &[Any], Any, default).blind(),
    Function::new("empty", &[Any], |call| Ok(empty(call.value(0)).into())).blind(),
    Function::variadic("coalesce", &[], Any, |call| {
        Ok(call.args().iter().find(|value| !empty(value)).cloned().unwrap_or_default())
    })
    .blind(),
    Function::variadic("all", &[], Any, |call| Ok((!call.args().iter().any(empty)).into())).blind(),
    Function::variadic("any", &[], Any, |call| Ok(call.args().iter().any(|value| !empty(value)).into())).blind(),
    Function::new("ternary", &[Any, Any, Bool], |call| Ok(if call.bool(2) { call.take(0) } else { call.take(1) }))
        .blind(),
    Function::new("fail", &[Text], |call| Err(Fault::new(call.text(0)))),
];

/// Sprig's idea of empty: nil, false, zero, and containers and texts without content.
pub(in crate::gotemplate) fn empty(value: &Value) -> bool {
    !value.truth()
}

fn default(call: &mut Call<'_, '_>) -> Outcome {
    Ok(if empty(call.value(1)) { call.take(0) } else { call.take(1) })
}
