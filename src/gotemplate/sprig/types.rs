//! Asking values for their Go type.

use crate::gotemplate::function::{Function, Type};

use Type::{Any, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("typeOf", &[Any], |call| Ok(call.value(0).type_name().into())),
    Function::new("typeIs", &[Text, Any], |call| Ok((call.text(0) == call.value(1).type_name()).into())),
    Function::new("typeIsLike", &[Text, Any], |call| {
        let name = call.value(1).type_name();
        Ok((call.text(0) == name || name.strip_prefix('*') == Some(call.text(0))).into())
    }),
    Function::new("kindOf", &[Any], |call| Ok(call.value(0).kind().into())),
    Function::new("kindIs", &[Text, Any], |call| Ok((call.text(0) == call.value(1).kind()).into())),
    Function::new("deepEqual", &[Any, Any], |call| Ok(call.value(0).deep_equal(call.value(1)).into())),
];
