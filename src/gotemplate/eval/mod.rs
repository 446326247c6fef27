//! Executes templates: walks the tree, evaluates pipelines, looks up fields.

mod call;

use super::ast::{self, Branch, Command, Expr, ExprKind, Ideal, Node, Pipeline, Template};
use super::blind::Sight;
use super::budget::Run;
use super::error::{Error, Fault};
use super::function::{Call, Type};
use super::print;
use super::set::{MissingKey, Set};
use super::value::{IntKind, Value};

/// A value, and whether Go would hold it in an `interface {}` here, which decides some error messages.
#[derive(Clone, Default)]
struct Held {
    value: Value,
    boxed: bool,
}

impl Held {
    fn bare(value: Value) -> Self {
        Held { value, boxed: false }
    }

    fn type_name(&self) -> &str {
        if self.boxed { "interface {}" } else { self.value.type_name() }
    }
}

/// The part of the template an error is reported at.
#[derive(Clone, Copy)]
enum Place<'s> {
    Pipe(&'s Pipeline),
    Command(&'s Command),
    Expr(&'s Expr),
    Call(&'s ast::Call),
    Nowhere,
}

#[derive(PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

type Step<T> = Result<T, Box<Error>>;

/// Executes one template, appending to `out`.
pub(super) fn execute(set: &Set, template: &Template, data: Value, run: &mut Run, out: &mut String) -> Step<()> {
    let dot = Held::bare(data);
    let mut state = State::new(set, template, &dot, run, out);
    state.block(&dot, &template.body).map(drop)
}

/// As [`execute`], below an execution that is under way.
pub(super) fn execute_nested(call: &mut Call<'_, '_>, template: &Template, set: &Set, data: Value) -> Step<String> {
    let mut out = String::new();
    execute(set, template, data, call.run, &mut out)?;
    Ok(out)
}

struct State<'s, 'r> {
    set: &'s Set,
    template: &'s Template,
    run: &'r mut Run,
    out: &'r mut String,
    variables: Vec<Held>,
    place: Place<'s>,
}

impl<'s, 'r> State<'s, 'r> {
    fn new(set: &'s Set, template: &'s Template, dot: &Held, run: &'r mut Run, out: &'r mut String) -> Self {
        let mut variables = vec![Held::default(); template.variables.max(1)];
        variables[0] = dot.clone();
        State { set, template, run, out, variables, place: Place::Nowhere }
    }

    fn error(&self, fault: impl Into<Fault>) -> Box<Error> {
        let (offset, context) = match self.place {
            Place::Pipe(pipe) => (pipe.at, pipe.to_string()),
            Place::Command(command) => (command.at, command.to_string()),
            Place::Expr(expr) => (expr.at, expr.to_string()),
            Place::Call(call) => (call.at, call.to_string()),
            Place::Nowhere => (0, String::new()),
        };
        let source = &self.template.source;
        let position = source.position(offset);
        Box::new(Error::execution(&source.name, position, &self.template.name, context, fault.into()))
    }

    fn fail<T>(&self, message: impl Into<String>) -> Step<T> {
        Err(self.error(Fault::new(message)))
    }

    fn spend(&mut self, steps: usize) -> Step<()> {
        match self.run.spend(steps) {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.error(fault)),
        }
    }

    /// Guards a step of recursion.
    fn descend(&self) -> Step<()> {
        if self.run.has_room() { Ok(()) } else { self.fail("exceeded maximum template depth") }
    }

    fn write(&mut self, text: &str) -> Step<()> {
        if self.out.len() + text.len() > self.run.limits.output {
            return self.fail(format!("the output is larger than {} bytes", self.run.limits.output));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn block(&mut self, dot: &Held, nodes: &'s [Node]) -> Step<Flow> {
        self.descend()?;
        for node in nodes {
            match node {
                Node::Text(start, end) => {
                    let text = self.template.source.text.get(*start as usize..*end as usize).unwrap_or_default();
                    self.write(text)?;
                }
                Node::Action(pipe) => {
                    let value = self.pipeline(dot, pipe)?;
                    if pipe.declares.is_empty() {
                        self.print(&value)?;
                    }
                }
                Node::If(branch) => {
                    let value = self.pipeline(dot, &branch.pipe)?;
                    let chosen = if value.truth() { &branch.body } else { &branch.otherwise };
                    match self.block(dot, chosen)? {
                        Flow::Next => {}
                        flow => return Ok(flow),
                    }
                }
                Node::With(branch) => {
                    let value = self.pipeline(dot, &branch.pipe)?;
                    let flow = if value.truth() {
                        self.block(&Held::bare(value), &branch.body)?
                    } else {
                        self.block(dot, &branch.otherwise)?
                    };
                    if flow != Flow::Next {
                        return Ok(flow);
                    }
                }
                Node::Range(branch) => match self.range(dot, branch)? {
                    Flow::Next => {}
                    flow => return Ok(flow),
                },
                Node::Call(call) => self.call_template(dot, call)?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::Next)
    }

    fn print(&mut self, value: &Value) -> Step<()> {
        match value {
            Value::Nil => self.write("<no value>"),
            Value::Str(text) => {
                self.spend(1 + text.len() / 64)?;
                self.write(text)
            }
            other => {
                let text = print::to_string(other);
                self.write(&text)
            }
        }
    }

    fn call_template(&mut self, dot: &Held, call: &'s ast::Call) -> Step<()> {
        self.place = Place::Call(call);
        let Some(template) = self.set.lookup(&call.name) else {
            return self.fail(format!("template {} not defined", super::quote::quoted(&call.name)));
        };
        self.spend(1)?;
        let data = match &call.pipe {
            Some(pipe) => self.pipeline(dot, pipe)?,
            None => Value::Nil,
        };
        self.place = Place::Call(call);
        self.descend()?;
        let dot = Held::bare(data);
        let mut state = State::new(self.set, template, &dot, self.run, self.out);
        state.block(&dot, &template.body).map(drop)
    }

    fn range(&mut self, dot: &Held, branch: &'s Branch) -> Step<Flow> {
        let subject = self.pipeline(dot, &branch.pipe)?;
        let mut turns = self.turns(subject, branch.pipe.declares.len())?.peekable();
        if turns.peek().is_none() {
            return self.block(dot, &branch.otherwise);
        }
        for (key, item) in turns {
            self.spend(1)?;
            self.set_loop_variables(&branch.pipe, key, &item)?;
            if self.block(&item, &branch.body)? == Flow::Break {
                break;
            }
        }
        Ok(Flow::Next)
    }

    /// The keys and items that a `range` goes over, as they are now: what its body changes does not count.
    fn turns(&self, subject: Value, variables: usize) -> Step<Box<dyn Iterator<Item = (Value, Held)>>> {
        let subject = match &subject {
            Value::Object(object) => object.entries().map_or(subject, Value::Map),
            _ => subject,
        };
        Ok(match subject {
            Value::List(list) => {
                let boxed = list.type_name() == super::value::ANY_LIST;
                let item = move |at: usize| Some(Held { value: list.items().get(at)?.clone(), boxed });
                Box::new((0..).map_while(move |at| Some((Value::Int(at as i64), item(at)?))))
            }
            Value::Map(map) => {
                let boxed = !map.is_text();
                Box::new(map.entries().into_iter().map(move |(key, value)| (Value::Str(key), Held { value, boxed })))
            }
            Value::Bytes(bytes) => {
                let item = move |at: usize| Some(Value::Sized(i64::from(*bytes.get(at)?), IntKind::Uint8));
                Box::new((0..).map_while(move |at| Some((Value::Int(at as i64), Held::bare(item(at)?)))))
            }
            Value::Int(count) | Value::Sized(count, _) if variables > 1 => {
                return self.fail(format!("can't use {count} to iterate over more than one variable"));
            }
            Value::Int(count) => numbers(count, Value::Int),
            Value::Sized(count, kind) => numbers(count, move |number| Value::Sized(number, kind)),
            Value::Nil => Box::new(std::iter::empty()),
            other => return self.fail(format!("range can't iterate over {}", print::to_string(&other))),
        })
    }

    /// With two variables the first is the key; a single one is the item.
    fn set_loop_variables(&mut self, pipe: &'s Pipeline, key: Value, item: &Held) -> Step<()> {
        match pipe.declares.as_slice() {
            [] => Ok(()),
            [one] => self.assign(one, item.clone()),
            [first, second, ..] => {
                self.assign(first, Held::bare(key))?;
                self.assign(second, item.clone())
            }
        }
    }

    fn assign(&mut self, variable: &ast::Variable, value: Held) -> Step<()> {
        match self.variables.get_mut(variable.slot) {
            Some(slot) => {
                *slot = value;
                Ok(())
            }
            None => self.fail(format!("undefined variable: {}", variable.name)),
        }
    }

    fn pipeline(&mut self, dot: &Held, pipe: &'s Pipeline) -> Step<Value> {
        self.place = Place::Pipe(pipe);
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(dot, command, value)?);
        }
        let value = value.unwrap_or_default();
        for variable in &pipe.declares {
            self.assign(variable, Held::bare(value.clone()))?;
        }
        Ok(value)
    }

    /// One stage; `last` is the result of the stage before, its final argument.
    fn command(&mut self, dot: &Held, command: &'s Command, last: Option<Value>) -> Step<Value> {
        let Some((first, args)) = command.args.split_first() else {
            return Ok(Value::Nil);
        };
        match &first.kind {
            ExprKind::Function(function) => {
                self.place = Place::Expr(first);
                return self.call(dot, function, Place::Command(command), args, last);
            }
            ExprKind::Field(_) | ExprKind::Variable(..) | ExprKind::Chain(..) => {
                return Ok(self.reference(dot, first, args, last)?.value);
            }
            _ => {}
        }
        if !matches!(first.kind, ExprKind::Pipe(_)) {
            self.place = Place::Expr(first);
        }
        if !args.is_empty() || last.is_some() {
            return self.not_a_function(first);
        }
        match &first.kind {
            ExprKind::Pipe(pipe) => {
                self.descend()?;
                self.pipeline(dot, pipe)
            }
            ExprKind::Dot => Ok(dot.value.clone()),
            ExprKind::Nil => self.fail("nil is not a command"),
            _ => self.literal(first),
        }
    }

    fn not_a_function<T>(&self, first: &Expr) -> Step<T> {
        let shown = match &first.kind {
            ExprKind::Pipe(pipe) => pipe.to_string(),
            _ => first.to_string(),
        };
        self.fail(format!("can't give argument to non-function {shown}"))
    }

    /// A literal where nothing asks for a type.
    fn literal(&self, expr: &Expr) -> Step<Value> {
        match &expr.kind {
            ExprKind::Bool(value) => Ok(Value::Bool(*value)),
            ExprKind::Text(text, _) => Ok(Value::Str(text.clone())),
            ExprKind::Number(number) => match (number.ideal, number.int, number.float) {
                (Ideal::Float, _, Some(float)) => Ok(Value::Float(float)),
                (Ideal::Int, Some(int), _) => Ok(Value::Int(int)),
                (Ideal::Complex, ..) => self.fail("complex numbers are not supported"),
                _ => self.fail(format!("{} overflows int", number.text)),
            },
            _ => self.fail(format!("can't evaluate command {}", super::quote::quoted(&expr.to_string()))),
        }
    }

    /// A field, a variable or a chain, with the arguments given to it if it is a method.
    fn reference(&mut self, dot: &Held, expr: &'s Expr, args: &'s [Expr], last: Option<Value>) -> Step<Held> {
        self.place = Place::Expr(expr);
        match &expr.kind {
            ExprKind::Field(path) => self.fields(dot, dot.clone(), expr, path, args, last),
            ExprKind::Variable(variable, path) => {
                let value = self.variables.get(variable.slot).cloned().unwrap_or_default();
                if path.is_empty() {
                    if !args.is_empty() || last.is_some() {
                        return self.not_a_function(expr);
                    }
                    return Ok(value);
                }
                self.fields(dot, value, expr, path, args, last)
            }
            ExprKind::Chain(base, path) => {
                let value = self.argument(dot, base, Type::Reflect)?;
                self.fields(dot, value, expr, path, args, last)
            }
            _ => Ok(Held::default()),
        }
    }

    fn fields(
        &mut self,
        dot: &Held,
        mut receiver: Held,
        expr: &'s Expr,
        path: &'s [std::sync::Arc<str>],
        args: &'s [Expr],
        last: Option<Value>,
    ) -> Step<Held> {
        let Some((name, before)) = path.split_last() else {
            return Ok(receiver);
        };
        for name in before {
            receiver = self.field(&receiver, name)?;
        }
        if args.is_empty() && last.is_none() {
            return self.field(&receiver, name);
        }
        self.method(dot, &receiver, expr, name, args, last)
    }

    /// Calls a method with arguments.
    fn method(
        &mut self,
        dot: &Held,
        receiver: &Held,
        expr: &'s Expr,
        name: &str,
        args: &'s [Expr],
        last: Option<Value>,
    ) -> Step<Held> {
        if !receiver.value.may_have_method(name) {
            self.field(receiver, name)?;
            return self.fail(format!("{name} is not a method but has arguments"));
        }
        let mut values = Vec::with_capacity(args.len() + 1);
        for arg in args {
            values.push(self.argument(dot, arg, Type::Any)?.value);
        }
        values.extend(last);
        self.spend(1)?;
        if let Some(watcher) = &mut self.run.watcher {
            watcher.note(Sight::Looks, &values);
        }
        match receiver.value.call(name, &values) {
            Some(Ok(value)) => Ok(Held::bare(value)),
            Some(Err(fault)) => {
                self.place = Place::Expr(expr);
                Err(self.error(fault.within(&format!("error calling {name}: "))))
            }
            None => {
                self.field(receiver, name)?;
                self.fail(format!("{name} has arguments but cannot be invoked as function"))
            }
        }
    }

    fn field(&mut self, receiver: &Held, name: &str) -> Step<Held> {
        match &receiver.value {
            Value::Nil if receiver.boxed => self.fail(format!("nil pointer evaluating interface {{}}.{name}")),
            Value::Nil => Ok(Held::default()),
            Value::Map(map) => {
                if let Some(outcome) = receiver.value.call(name, &[]) {
                    return self.invoked(name, outcome);
                }
                let text = map.is_text();
                let (value, boxed) = match (map.get(name), self.set.missing_key) {
                    (Some(value), _) => (value, !text),
                    (None, MissingKey::Zero) if text => (Value::str(""), false),
                    (None, MissingKey::Zero) => (Value::Nil, true),
                    (None, MissingKey::Invalid) => (Value::Nil, false),
                    (None, MissingKey::Error) => {
                        return self.fail(format!("map has no entry for key {}", super::quote::quoted(name)));
                    }
                };
                Ok(Held { value, boxed })
            }
            Value::Object(object) => match object.field(name) {
                Some(value) => Ok(Held::bare(value)),
                None => match object.call(name, &[]) {
                    Some(outcome) => self.invoked(name, outcome),
                    None if !object.truth() => {
                        self.fail(format!("nil pointer evaluating {}.{name}", object.type_name()))
                    }
                    None => self.fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
                },
            },
            other => match other.call(name, &[]) {
                Some(outcome) => self.invoked(name, outcome),
                None => self.fail(format!("can't evaluate field {name} in type {}", receiver.type_name())),
            },
        }
    }

    /// What a method without arguments gave.
    fn invoked(&mut self, name: &str, outcome: Result<Value, Fault>) -> Step<Held> {
        outcome.map(Held::bare).map_err(|fault| self.error(fault.within(&format!("error calling {name}: "))))
    }
}

/// The numbers below `count`, each its own key.
fn numbers(count: i64, value: impl Fn(i64) -> Value + 'static) -> Box<dyn Iterator<Item = (Value, Held)>> {
    Box::new((0..count).map(move |number| (value(number), Held::bare(value(number)))))
}
