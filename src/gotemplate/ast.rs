//! A parsed template, and how Go prints its parts in error messages.

use std::fmt::{self, Display, Formatter, Write as _};
use std::sync::Arc;

use super::function::Function;

/// One named template: the body of a file or of a `define`.
#[derive(Debug)]
pub(super) struct Template {
    pub name: Arc<str>,
    pub source: Arc<Source>,
    pub body: Block,
    /// How many variables the body declares at most, `$` included.
    pub variables: usize,
}

/// The text a template was parsed from; positions are byte offsets into it.
#[derive(Debug)]
pub(super) struct Source {
    pub name: Arc<str>,
    pub text: Arc<str>,
}

impl Source {
    /// 1-based line and 0-based byte column.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        let before = &self.text.as_bytes()[..(offset as usize).min(self.text.len())];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = before.len() - memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        (line as u32, column as u32)
    }
}

impl Template {
    /// Whether it holds nothing but blanks: such a redefinition does not replace another.
    pub fn is_empty(&self) -> bool {
        self.body.iter().all(|node| match node {
            Node::Text(start, end) => {
                self.source.text.get(*start as usize..*end as usize).is_some_and(|text| text.trim().is_empty())
            }
            _ => false,
        })
    }
}

pub(super) type Block = Vec<Node>;

#[derive(Debug)]
pub(super) enum Node {
    Text(u32, u32),
    Action(Pipeline),
    If(Branch),
    With(Branch),
    Range(Branch),
    Call(Call),
    Break,
    Continue,
}

#[derive(Debug)]
pub(super) struct Branch {
    pub pipe: Pipeline,
    pub body: Block,
    pub otherwise: Block,
}

/// `{{ template "name" pipeline }}`
#[derive(Debug)]
pub(super) struct Call {
    pub at: u32,
    pub name: Arc<str>,
    pub pipe: Option<Pipeline>,
}

#[derive(Debug)]
pub(super) struct Pipeline {
    pub at: u32,
    pub declares: Vec<Variable>,
    /// `=` instead of `:=`.
    pub assigns: bool,
    pub commands: Vec<Command>,
}

#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub name: Arc<str>,
    pub slot: usize,
}

#[derive(Debug)]
pub(super) struct Command {
    pub at: u32,
    pub args: Vec<Expr>,
}

#[derive(Debug)]
pub(super) struct Expr {
    pub at: u32,
    pub kind: ExprKind,
}

#[derive(Debug)]
pub(super) enum ExprKind {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    /// The value, and the literal as written.
    Text(Arc<str>, Box<str>),
    Field(Vec<Arc<str>>),
    Variable(Variable, Vec<Arc<str>>),
    Chain(Box<Expr>, Vec<Arc<str>>),
    Function(&'static Function),
    Pipe(Pipeline),
}

/// A numeric literal can serve as any of the types its text allows.
#[derive(Debug)]
pub(super) struct Number {
    pub text: Box<str>,
    pub int: Option<i64>,
    pub unsigned: bool,
    pub float: Option<f64>,
    /// What it is when nothing asks for a type.
    pub ideal: Ideal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ideal {
    Int,
    Float,
    Complex,
    Overflow,
}

impl Display for Pipeline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, variable) in self.declares.iter().enumerate() {
            f.write_str(if at > 0 { ", " } else { "" })?;
            f.write_str(&variable.name)?;
        }
        if !self.declares.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        for (at, command) in self.commands.iter().enumerate() {
            f.write_str(if at > 0 { " | " } else { "" })?;
            command.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, arg) in self.args.iter().enumerate() {
            f.write_str(if at > 0 { " " } else { "" })?;
            match &arg.kind {
                ExprKind::Pipe(pipe) => write!(f, "({pipe})")?,
                _ => arg.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Dot => f.write_char('.'),
            ExprKind::Nil => f.write_str("nil"),
            ExprKind::Bool(value) => value.fmt(f),
            ExprKind::Number(number) => f.write_str(&number.text),
            ExprKind::Text(_, literal) => f.write_str(literal),
            ExprKind::Field(path) => write_path(f, path),
            ExprKind::Variable(variable, path) => {
                f.write_str(&variable.name)?;
                write_path(f, path)
            }
            ExprKind::Chain(base, path) => {
                match &base.kind {
                    ExprKind::Pipe(pipe) => write!(f, "({pipe})")?,
                    _ => base.fmt(f)?,
                }
                write_path(f, path)
            }
            ExprKind::Function(function) => f.write_str(function.name),
            ExprKind::Pipe(pipe) => pipe.fmt(f),
        }
    }
}

fn write_path(f: &mut Formatter<'_>, path: &[Arc<str>]) -> fmt::Result {
    path.iter().try_for_each(|name| write!(f, ".{name}"))
}

impl Display for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{template {}", super::quote::quoted(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(f, " {pipe}")?;
        }
        f.write_str("}}")
    }
}
