//! Lists: taking apart and putting together. Nothing changes a list in place.

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::{IntKind, List, Value};
use crate::gotemplate::{Fault, Sight};

use super::defaults::empty;
use Type::{Any, Int};

pub(super) const TABLE: &[Function] = &[
    Function::variadic("list", &[], Any, |call| Ok(Value::list(std::mem::take(&mut call.args)))).blind(),
    Function::variadic("tuple", &[], Any, |call| Ok(Value::list(std::mem::take(&mut call.args)))).blind(),
    Function::new("append", &[Any, Any], append).blind(),
    Function::new("push", &[Any, Any], append).blind(),
    Function::new("mustAppend", &[Any, Any], append).blind(),
    Function::new("mustPush", &[Any, Any], append).blind(),
    Function::new("prepend", &[Any, Any], prepend).blind(),
    Function::new("mustPrepend", &[Any, Any], prepend).blind(),
    Function::new("first", &[Any], first).seeing(Sight::Container),
    Function::new("mustFirst", &[Any], first),
    Function::new("last", &[Any], last).seeing(Sight::Container),
    Function::new("mustLast", &[Any], last),
    Function::new("rest", &[Any], rest).seeing(Sight::Container),
    Function::new("mustRest", &[Any], rest),
    Function::new("initial", &[Any], initial).seeing(Sight::Container),
    Function::new("mustInitial", &[Any], initial),
    Function::new("reverse", &[Any], reverse).seeing(Sight::Container),
    Function::new("mustReverse", &[Any], reverse),
    Function::new("compact", &[Any], compact),
    Function::new("mustCompact", &[Any], compact),
    Function::new("uniq", &[Any], unique),
    Function::new("mustUniq", &[Any], unique),
    Function::variadic("without", &[Any], Any, without),
    Function::variadic("mustWithout", &[Any], Any, without),
    Function::new("has", &[Any, Any], has),
    Function::new("mustHas", &[Any, Any], has),
    Function::variadic("slice", &[Any], Any, slice),
    Function::variadic("mustSlice", &[Any], Any, slice),
    Function::variadic("concat", &[], Any, concat).blind(),
    Function::new("chunk", &[Int, Any], chunk),
    Function::new("mustChunk", &[Int, Any], chunk),
];

/// The items of an argument that must be a list.
fn items(value: &Value, complaint: &str) -> Result<Vec<Value>, Fault> {
    match value {
        Value::List(list) => Ok(list.items().to_vec()),
        Value::Bytes(bytes) => Ok(bytes.iter().map(|b| Value::Sized(i64::from(*b), IntKind::Uint8)).collect()),
        Value::Nil => Err(Fault::new("runtime error: invalid memory address or nil pointer dereference")),
        other => Err(Fault::new(format!("{complaint} {}", other.kind()))),
    }
}

fn append(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot push on type")?;
    list.push(call.take(1));
    Ok(Value::list(list))
}

fn prepend(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot prepend on type")?;
    list.insert(0, call.take(1));
    Ok(Value::list(list))
}

fn first(call: &mut Call<'_, '_>) -> Outcome {
    Ok(items(call.value(0), "Cannot find first on type")?.into_iter().next().unwrap_or_default())
}

fn last(call: &mut Call<'_, '_>) -> Outcome {
    Ok(items(call.value(0), "Cannot find last on type")?.pop().unwrap_or_default())
}

/// An empty list gives Go's nil slice, which prints `[]` and counts as empty.
fn rest(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Value::list(items(call.value(0), "Cannot find rest on type")?.into_iter().skip(1).collect()))
}

fn initial(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot find initial on type")?;
    list.pop();
    Ok(Value::list(list))
}

fn reverse(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot find reverse on type")?;
    list.reverse();
    Ok(Value::list(list))
}

fn compact(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot compact on type")?;
    list.retain(|item| !empty(item));
    Ok(Value::list(list))
}

fn unique(call: &mut Call<'_, '_>) -> Outcome {
    let mut seen: Vec<Value> = Vec::new();
    for item in items(call.value(0), "Cannot find uniq on type")? {
        call.run.spend(seen.len() / 8)?;
        if !seen.iter().any(|other| other.deep_equal(&item)) {
            seen.push(item);
        }
    }
    Ok(Value::list(seen))
}

fn without(call: &mut Call<'_, '_>) -> Outcome {
    let mut list = items(call.value(0), "Cannot find without on type")?;
    let omitted = call.args().get(1..).unwrap_or_default();
    list.retain(|item| !omitted.iter().any(|other| other.deep_equal(item)));
    Ok(Value::list(list))
}

fn has(call: &mut Call<'_, '_>) -> Outcome {
    if call.value(1).is_nil() {
        return Ok(Value::Bool(false));
    }
    let list = items(call.value(1), "Cannot find has on type")?;
    Ok(list.iter().any(|item| item.deep_equal(call.value(0))).into())
}

fn slice(call: &mut Call<'_, '_>) -> Outcome {
    let value = call.value(0);
    let Value::List(list) = value else {
        let kind = value.kind();
        return Err(Fault::new(format!("list should be type of slice or array but {kind}")));
    };
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let bound =
        |at: usize, default: usize| -> i64 { call.args().get(at).map_or(default as i64, super::numbers::to_int) };
    let (start, end) = (bound(1, 0), bound(2, list.len()));
    match (usize::try_from(start), usize::try_from(end)) {
        (Ok(from), Ok(to)) if from <= to && to <= list.len() => {
            Ok(List::typed(list.items()[from..to].to_vec(), list.type_name()).into())
        }
        _ => Err(Fault::new("reflect.Value.Slice: slice index out of bounds")),
    }
}

fn concat(call: &mut Call<'_, '_>) -> Outcome {
    let mut all = Vec::new();
    for (at, list) in call.args().iter().enumerate() {
        match list {
            Value::List(list) => all.extend_from_slice(list.items()),
            Value::Nil => return Err(Fault::new(format!("argument {} is nil, not a list", at + 1))),
            other => return Err(Fault::new(format!("Cannot concat type {} as list", other.kind()))),
        }
    }
    Ok(Value::list(all))
}

fn chunk(call: &mut Call<'_, '_>) -> Outcome {
    let list = items(call.value(1), "Cannot chunk type")?;
    let size = usize::try_from(call.int(0)).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| Fault::new("runtime error: integer divide by zero"))?;
    Ok(Value::list(list.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()))
}
