//! What stands inside the braces: pipelines, commands, operands and literals.

use std::sync::Arc;

use super::{Parser, Step};
use crate::gotemplate::ast::{Command, Expr, ExprKind, Ideal, Number, Pipeline, Variable};
use crate::gotemplate::lexer::{Kind, Token};
use crate::gotemplate::{number, quote};

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Step<Pipeline> {
        if !self.guard.has_room() {
            return Err(self.error("max expression depth exceeded".into()));
        }
        let first = self.peek_word();
        let mut pipe = Pipeline { at: first.start, declares: Vec::new(), assigns: false, commands: Vec::new() };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_word();
            match token.kind {
                kind if kind == end => {
                    self.check(&pipe, context)?;
                    return Ok(pipe);
                }
                Kind::Bool
                | Kind::Char
                | Kind::Complex
                | Kind::Dot
                | Kind::Field
                | Kind::Identifier
                | Kind::Number
                | Kind::Nil
                | Kind::RawQuoted
                | Kind::Quoted
                | Kind::Variable
                | Kind::LeftParen => {
                    self.at -= 1;
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return Err(self.unexpected(token, context)),
            }
        }
    }

    fn declarations(&mut self, pipe: &mut Pipeline, context: &str) -> Step<()> {
        let mut names = Vec::new();
        loop {
            let first = self.peek_word();
            if first.kind != Kind::Variable {
                break;
            }
            let start = self.at;
            self.next();
            let next = self.peek_word();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = next.kind == Kind::Assign;
                    self.next_word();
                    names.push(first);
                    break;
                }
                Kind::Other if self.word(next) == "," => {
                    self.next_word();
                    names.push(first);
                    if context != "range" || names.len() > 1 {
                        return Err(self.error(format!("too many declarations in {context}")));
                    }
                    if !matches!(self.peek_word().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err(self.error("range can only initialize variables".into()));
                    }
                }
                _ => {
                    self.at = start;
                    break;
                }
            }
        }
        for token in names {
            let variable = self.declare(token, pipe.assigns);
            pipe.declares.push(variable);
        }
        Ok(())
    }

    /// Brings one variable into scope. Assigning to an unknown one is an error of execution, as in Go.
    fn declare(&mut self, token: Token, assigns: bool) -> Variable {
        let name: Arc<str> = self.word(token).into();
        let known = self.variables.iter().rposition(|known| *known == name);
        if let (true, Some(slot)) = (assigns, known) {
            return Variable { name, slot };
        }
        self.variables.push(name.clone());
        self.most_variables = self.most_variables.max(self.variables.len());
        Variable { name, slot: if assigns { usize::MAX } else { self.variables.len() - 1 } }
    }

    /// A pipeline must produce something, and only its first stage may be a mere value.
    fn check(&self, pipe: &Pipeline, context: &str) -> Step<()> {
        if pipe.commands.is_empty() {
            return Err(self.error(format!("missing value for {context}")));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            let executable = !matches!(
                command.args.first().map(|arg| &arg.kind),
                Some(ExprKind::Bool(_) | ExprKind::Dot | ExprKind::Nil | ExprKind::Number(_) | ExprKind::Text(..))
            );
            if !executable {
                return Err(self.error(format!("non executable command in pipeline stage {}", at + 1)));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Step<Command> {
        let at = self.peek_word().start;
        let mut args = Vec::new();
        loop {
            self.peek_word();
            if let Some(operand) = self.operand()? {
                args.push(operand);
            }
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.at -= 1,
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        if args.is_empty() {
            return Err(self.error("empty command".into()));
        }
        Ok(Command { at, args })
    }

    /// A term and the fields asked of it.
    fn operand(&mut self) -> Step<Option<Expr>> {
        let Some(term) = self.term()? else {
            return Ok(None);
        };
        let first = self.peek();
        if first.kind != Kind::Field {
            return Ok(Some(term));
        }
        let mut path = Vec::new();
        while self.peek().kind == Kind::Field {
            let token = self.next();
            path.push(self.word(token)[1..].into());
        }
        let at = first.start;
        let kind = match term.kind {
            ExprKind::Field(mut fields) => {
                fields.append(&mut path);
                ExprKind::Field(fields)
            }
            ExprKind::Variable(variable, mut fields) => {
                fields.append(&mut path);
                ExprKind::Variable(variable, fields)
            }
            ExprKind::Bool(_) | ExprKind::Text(..) | ExprKind::Number(_) | ExprKind::Nil | ExprKind::Dot => {
                return Err(self.error(format!("unexpected . after term {}", quote::quoted(&term.to_string()))));
            }
            _ => ExprKind::Chain(Box::new(term), path),
        };
        Ok(Some(Expr { at, kind }))
    }

    fn term(&mut self) -> Step<Option<Expr>> {
        let token = self.next_word();
        let kind = match token.kind {
            Kind::Identifier => {
                let name = self.word(token);
                match self.functions.get(name) {
                    Some(function) => ExprKind::Function(function),
                    None => return Err(self.error(format!("function {} not defined", quote::quoted(name)))),
                }
            }
            Kind::Dot => ExprKind::Dot,
            Kind::Nil => ExprKind::Nil,
            Kind::Variable => {
                let name = self.word(token);
                match self.variables.iter().rposition(|known| **known == *name) {
                    Some(slot) => ExprKind::Variable(Variable { name: name.into(), slot }, Vec::new()),
                    None => return Err(self.error(format!("undefined variable {}", quote::quoted(name)))),
                }
            }
            Kind::Field => ExprKind::Field(vec![self.word(token)[1..].into()]),
            Kind::Bool => ExprKind::Bool(self.word(token) == "true"),
            Kind::Char | Kind::Complex | Kind::Number => ExprKind::Number(self.number(token)?),
            Kind::LeftParen => ExprKind::Pipe(self.pipeline("parenthesized pipeline", Kind::RightParen)?),
            Kind::Quoted | Kind::RawQuoted => {
                let value = self.unquoted(token)?;
                ExprKind::Text(value.into(), self.word(token).into())
            }
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        };
        let at = match &kind {
            ExprKind::Pipe(pipe) => pipe.at,
            _ => token.start,
        };
        Ok(Some(Expr { at, kind }))
    }

    pub(super) fn unquoted(&self, token: Token) -> Step<String> {
        quote::unquote(self.word(token)).ok_or_else(|| self.error("invalid syntax".into()))
    }

    fn number(&self, token: Token) -> Step<Number> {
        let text = self.word(token);
        let illegal = || self.error(format!("illegal number syntax: {}", quote::quoted(text)));
        let mut number = Number { text: text.into(), int: None, unsigned: false, float: None, ideal: Ideal::Int };
        if token.kind == Kind::Char {
            let code = match quote::unquote_char(text) {
                Some(code) => code,
                None if text.len() <= 2 || text.starts_with("'\\") => return Err(self.error("invalid syntax".into())),
                None => return Err(self.error(format!("malformed character constant: {text}"))),
            };
            number.int = Some(code);
            number.unsigned = true;
            number.float = Some(code as f64);
            return Ok(number);
        }
        if token.kind == Kind::Complex || text.ends_with('i') {
            number.ideal = Ideal::Complex;
            return Ok(number);
        }
        let wide = number::parse_integer(text);
        if wide.is_some_and(|wide| i64::try_from(wide).is_err() && u64::try_from(wide).is_err()) {
            return Err(self.error(format!("integer overflow: {}", quote::quoted(text))));
        }
        number.int = wide.and_then(|wide| i64::try_from(wide).ok());
        number.unsigned = wide.is_some_and(|wide| u64::try_from(wide).is_ok());
        match wide {
            Some(wide) => number.float = Some(wide as f64),
            None => {
                let float = number::parse_float(text).ok_or_else(illegal)?;
                if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                    return Err(self.error(format!("integer overflow: {}", quote::quoted(text))));
                }
                number.float = Some(float);
                number.ideal = Ideal::Float;
                if float.fract() == 0.0 && float.abs() < 9.2e18 {
                    number.int = Some(float as i64);
                    number.unsigned = float >= 0.0;
                }
            }
        }
        if number.ideal == Ideal::Int && number.int.is_none() {
            number.ideal = Ideal::Overflow;
        }
        Ok(number)
    }
}
