//! Calls of functions: how many arguments, of which types, and what the call costs.

use super::{Held, Place, State, Step};
use crate::gotemplate::ast::{Expr, ExprKind};
use crate::gotemplate::function::{Call, Function, Lazy, Type};
use crate::gotemplate::value::{GENERIC_MAP, IntKind, Value};

impl<'s> State<'s, '_> {
    /// Calls a function. `whole` is what an error of the function itself is reported at.
    pub(super) fn call(
        &mut self,
        dot: &Held,
        function: &'static Function,
        whole: Place<'s>,
        args: &'s [Expr],
        last: Option<Value>,
    ) -> Step<Value> {
        let given = args.len() + usize::from(last.is_some());
        let wanted = function.params.len();
        if function.rest.is_some() && given < wanted {
            return self
                .fail(format!("wrong number of args for {}: want at least {wanted} got {given}", function.name));
        }
        if function.rest.is_none() && given != wanted {
            return self.fail(format!("wrong number of args for {}: want {wanted} got {given}", function.name));
        }
        self.descend()?;
        if function.lazy != Lazy::No {
            return self.short_circuit(dot, function.lazy == Lazy::Or, args, last);
        }
        let mut values = Vec::with_capacity(given);
        for (at, arg) in args.iter().enumerate() {
            values.push(self.argument(dot, arg, function.param(at))?.value);
        }
        if let Some(last) = last {
            let last = self.typed(Held::bare(last), function.param(given - 1))?;
            values.push(last.value);
        }
        if let Some(watcher) = &mut self.run.watcher {
            watcher.note(function.sight, &values);
        }
        let mut call = Call { args: values, set: self.set, run: self.run };
        let result = (function.body)(&mut call);
        let cost = 1 + call.args.len() + size(result.as_ref().ok());
        match result {
            Ok(value) => {
                self.spend(cost)?;
                Ok(value)
            }
            Err(fault) => {
                self.place = whole;
                Err(self.error(fault.within(&format!("error calling {}: ", function.name))))
            }
        }
    }

    /// `and` and `or`: the deciding argument, the rest not evaluated.
    fn short_circuit(&mut self, dot: &Held, or: bool, args: &'s [Expr], last: Option<Value>) -> Step<Value> {
        let mut value = Value::Nil;
        self.spend(1)?;
        for arg in args {
            value = self.argument(dot, arg, Type::Reflect)?.value;
            if value.truth() == or {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    pub(super) fn argument(&mut self, dot: &Held, arg: &'s Expr, wanted: Type) -> Step<Held> {
        self.place = Place::Expr(arg);
        let value = match &arg.kind {
            ExprKind::Dot => dot.clone(),
            ExprKind::Nil => {
                if !wanted.takes_nil() {
                    return self.fail(format!("cannot assign nil to {}", wanted.name()));
                }
                return Ok(Held::default());
            }
            ExprKind::Field(_) | ExprKind::Variable(..) | ExprKind::Chain(..) => self.reference(dot, arg, &[], None)?,
            ExprKind::Pipe(pipe) => {
                self.descend()?;
                Held::bare(self.pipeline(dot, pipe)?)
            }
            ExprKind::Function(function) => Held::bare(self.call(dot, function, Place::Expr(arg), &[], None)?),
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Text(..) => {
                return self.literal_as(arg, wanted).map(Held::bare);
            }
        };
        self.typed(value, wanted)
    }

    /// A literal given to a parameter of a type.
    fn literal_as(&self, arg: &Expr, wanted: Type) -> Step<Value> {
        let expected = match wanted {
            Type::Any | Type::Reflect => return self.literal(arg),
            Type::Text => "string",
            Type::Int | Type::Int64 => "integer",
            Type::Float => "float",
            Type::Bool => "bool",
            _ => return self.fail(format!("can't handle {arg} for arg of type {}", wanted.name())),
        };
        match (&arg.kind, wanted) {
            (ExprKind::Text(text, _), Type::Text) => Ok(Value::Str(text.clone())),
            (ExprKind::Bool(value), Type::Bool) => Ok(Value::Bool(*value)),
            (ExprKind::Number(number), _) => match (wanted, number.int, number.float) {
                (Type::Int, Some(int), _) => Ok(Value::Int(int)),
                (Type::Int64, Some(int), _) => Ok(Value::Sized(int, IntKind::Int64)),
                (Type::Float, _, Some(float)) => Ok(Value::Float(float)),
                _ => self.fail(format!("expected {expected}; found {arg}")),
            },
            _ => self.fail(format!("expected {expected}; found {arg}")),
        }
    }

    fn typed(&self, held: Held, wanted: Type) -> Step<Held> {
        match &held.value {
            Value::Nil if wanted == Type::Any || wanted == Type::Reflect => Ok(held),
            Value::Nil if held.boxed => {
                self.fail(format!("wrong type for value; expected {}; got interface {{}}", wanted.name()))
            }
            Value::Nil if wanted.takes_nil() => Ok(held),
            Value::Nil => self.fail(format!("invalid value; expected {}", wanted.name())),
            Value::Map(map) if wanted == Type::Map && wanted.accepts(&held.value) => {
                Ok(Held { value: map.seen_as(&GENERIC_MAP).into(), ..held })
            }
            value if wanted.accepts(value) => Ok(held),
            value => self.fail(format!("wrong type for value; expected {}; got {}", wanted.name(), value.type_name())),
        }
    }
}

/// What a result costs in steps, so that templates cannot make memory out of few steps.
fn size(value: Option<&Value>) -> usize {
    match value {
        Some(Value::Str(text)) => text.len() / 64,
        Some(Value::Bytes(bytes)) => bytes.len() / 64,
        Some(Value::List(list)) => list.len() / 4,
        Some(Value::Map(map)) => map.len() / 4,
        _ => 0,
    }
}
