//! Builds the templates of one source out of its tokens, with Go's error messages.

use std::sync::Arc;

use super::ast::{
    Block, Branch, Call, Command, Expr, ExprKind, Ideal, Node, Number, Pipeline, Source, Template, Variable,
};
use super::error::Error;
use super::function::Functions;
use super::lexer::{self, Kind, Token};
use super::quote;
use super::stack::Guard;

/// Parses `text`; the first template of the result is the text itself, the others its `define`s.
pub(super) fn parse(name: &str, text: &str, functions: &Functions) -> Result<Vec<Template>, Error> {
    if u32::try_from(text.len()).is_err() {
        return Err(Error::parse(name, 1, "the template is larger than 4 GiB".into()));
    }
    let source = Arc::new(Source { name: name.into(), text: text.into() });
    let tokens = lexer::tokens(text);
    let mut parser = Parser {
        text,
        name,
        functions,
        tokens: tokens.list,
        lex_error: tokens.error,
        at: 0,
        furthest: 0,
        variables: vec!["$".into()],
        most_variables: 1,
        range_depth: 0,
        action_line: 0,
        defined: Vec::new(),
        source,
        guard: Guard::new(),
    };
    parser.file()
}

struct Parser<'p> {
    text: &'p str,
    name: &'p str,
    functions: &'p Functions,
    tokens: Vec<Token>,
    lex_error: Option<String>,
    at: usize,
    /// The last token looked at so far; its line is the line of an error.
    furthest: usize,
    /// The names in scope; the index is the slot at run time.
    variables: Vec<Arc<str>>,
    most_variables: usize,
    range_depth: usize,
    action_line: u32,
    defined: Vec<Template>,
    source: Arc<Source>,
    guard: Guard,
}

type Step<T> = Result<T, Error>;

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    End,
    Else,
}

impl Ending {
    fn text(self) -> &'static str {
        if self == Ending::End { "{{end}}" } else { "{{else}}" }
    }
}

enum Item {
    Node(Node),
    Ending(Ending),
}

impl Parser<'_> {
    fn file(&mut self) -> Step<Vec<Template>> {
        let mut body = Block::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delimiter = self.at;
                self.next();
                let token = self.next_word();
                if self.is_keyword(token, "define") {
                    self.definition()?;
                    continue;
                }
                self.at = delimiter;
            }
            match self.text_or_action()? {
                Item::Node(node) => body.push(node),
                Item::Ending(ending) => return Err(self.error(format!("unexpected {}", ending.text()))),
            }
        }
        let main = self.template(self.name.into(), body);
        let mut templates = vec![main];
        templates.append(&mut self.defined);
        Ok(templates)
    }

    fn template(&self, name: Arc<str>, body: Block) -> Template {
        Template { name, source: self.source.clone(), body, variables: self.most_variables }
    }

    fn definition(&mut self) -> Step<()> {
        const CONTEXT: &str = "define clause";
        let name = self.next_word();
        let name = self.template_name(name, CONTEXT)?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        self.own_scope(|parser| {
            let (body, ending) = parser.list()?;
            if ending != Ending::End {
                return Err(parser.error(format!("unexpected {} in {CONTEXT}", ending.text())));
            }
            let template = parser.template(name, body);
            parser.define(template)
        })
    }

    /// Parses with fresh variables, as the body of another template.
    fn own_scope<T>(&mut self, work: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let most = std::mem::replace(&mut self.most_variables, 1);
        let depth = std::mem::take(&mut self.range_depth);
        let result = work(self);
        self.variables = variables;
        self.most_variables = most;
        self.range_depth = depth;
        result
    }

    fn define(&mut self, template: Template) -> Step<()> {
        match self.defined.iter().position(|other| other.name == template.name) {
            None => self.defined.push(template),
            Some(at) if self.defined[at].is_empty() => self.defined[at] = template,
            Some(_) if template.is_empty() => {}
            Some(_) => {
                let name = quote::quoted(&template.name);
                return Err(self.error(format!("template: multiple definition of template {name}")));
            }
        }
        Ok(())
    }

    fn list(&mut self) -> Step<(Block, Ending)> {
        if !self.guard.has_room() {
            return Err(self.error("max expression depth exceeded".into()));
        }
        let mut block = Block::new();
        while self.peek_word().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => block.push(node),
                Item::Ending(ending) => return Ok((block, ending)),
            }
        }
        Err(self.error("unexpected EOF".into()))
    }

    fn text_or_action(&mut self) -> Step<Item> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.start, token.end))),
            Kind::LeftDelim => {
                self.action_line = self.source.position(token.start).0;
                let item = self.action();
                self.action_line = 0;
                item
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Step<Item> {
        let start = self.at;
        let token = self.next_word();
        if token.kind == Kind::Keyword {
            match self.word(token) {
                "block" => return self.block(token).map(Item::Node),
                "break" => return self.leave("{{break}}", Node::Break),
                "continue" => return self.leave("{{continue}}", Node::Continue),
                "else" => {
                    let next = self.peek_word();
                    if !self.is_keyword(next, "if") && !self.is_keyword(next, "with") {
                        self.expect(Kind::RightDelim, "else")?;
                    }
                    return Ok(Item::Ending(Ending::Else));
                }
                "end" => {
                    self.expect(Kind::RightDelim, "end")?;
                    return Ok(Item::Ending(Ending::End));
                }
                "if" => return Ok(Item::Node(Node::If(self.control("if")?))),
                "with" => return Ok(Item::Node(Node::With(self.control("with")?))),
                "range" => return Ok(Item::Node(Node::Range(self.control("range")?))),
                "template" => return self.call().map(Item::Node),
                _ => {}
            }
        }
        self.at = start;
        // Variables declared here live until the enclosing `end`.
        Ok(Item::Node(Node::Action(self.pipeline("command", Kind::RightDelim)?)))
    }

    fn leave(&mut self, word: &str, node: Node) -> Step<Item> {
        let token = self.next_word();
        if token.kind != Kind::RightDelim {
            return Err(self.unexpected(token, word));
        }
        if self.range_depth == 0 {
            return Err(self.error(format!("{word} outside {{{{range}}}}")));
        }
        Ok(Item::Node(node))
    }

    /// The rest of an `if`, `with` or `range`.
    fn control(&mut self, context: &'static str) -> Step<Branch> {
        let scope = self.variables.len();
        let branch = self.control_in_scope(context);
        self.variables.truncate(scope);
        branch
    }

    fn control_in_scope(&mut self, context: &'static str) -> Step<Branch> {
        if !self.guard.has_room() {
            return Err(self.error("max expression depth exceeded".into()));
        }
        let pipe = self.pipeline(context, Kind::RightDelim)?;
        let in_range = usize::from(context == "range");
        self.range_depth += in_range;
        let body = self.list();
        self.range_depth -= in_range;
        let (body, ending) = body?;
        let mut otherwise = Block::new();
        if ending == Ending::Else {
            let next = self.peek_word();
            // `else if` and `else with` share the `end` of the control they stand in.
            if context != "range" && self.is_keyword(next, context) {
                self.next_word();
                let inner = self.control(context)?;
                otherwise.push(if context == "if" { Node::If(inner) } else { Node::With(inner) });
            } else {
                let (list, ending) = self.list()?;
                if ending != Ending::End {
                    return Err(self.error(format!("expected end; found {}", ending.text())));
                }
                otherwise = list;
            }
        }
        Ok(Branch { pipe, body, otherwise })
    }

    /// `{{ block "name" pipeline }} … {{ end }}`: a definition and its call in one.
    fn block(&mut self, keyword: Token) -> Step<Node> {
        const CONTEXT: &str = "block clause";
        let name = self.next_word();
        let name = self.template_name(name, CONTEXT)?;
        let pipe = self.pipeline(CONTEXT, Kind::RightDelim)?;
        self.own_scope(|parser| {
            let (body, ending) = parser.list()?;
            if ending != Ending::End {
                return Err(parser.error(format!("unexpected {} in {CONTEXT}", ending.text())));
            }
            let template = parser.template(name.clone(), body);
            parser.define(template)
        })?;
        Ok(Node::Call(Call { at: keyword.start, name, pipe: Some(pipe) }))
    }

    fn call(&mut self) -> Step<Node> {
        const CONTEXT: &str = "template clause";
        let token = self.next_word();
        let name = self.template_name(token, CONTEXT)?;
        let pipe = if self.peek_word().kind == Kind::RightDelim {
            self.next_word();
            None
        } else {
            Some(self.pipeline(CONTEXT, Kind::RightDelim)?)
        };
        Ok(Node::Call(Call { at: token.start, name, pipe }))
    }

    fn template_name(&mut self, token: Token, context: &str) -> Step<Arc<str>> {
        match token.kind {
            Kind::Quoted | Kind::RawQuoted => self.unquoted(token).map(Arc::from),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn pipeline(&mut self, context: &str, end: Kind) -> Step<Pipeline> {
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

    fn unquoted(&self, token: Token) -> Step<String> {
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
        let wide = super::number::parse_integer(text);
        if wide.is_some_and(|wide| i64::try_from(wide).is_err() && u64::try_from(wide).is_err()) {
            return Err(self.error(format!("integer overflow: {}", quote::quoted(text))));
        }
        number.int = wide.and_then(|wide| i64::try_from(wide).ok());
        number.unsigned = wide.is_some_and(|wide| u64::try_from(wide).is_ok());
        match wide {
            Some(wide) => number.float = Some(wide as f64),
            None => {
                let float = super::number::parse_float(text).ok_or_else(illegal)?;
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

    // Tokens.

    fn peek(&mut self) -> Token {
        self.furthest = self.furthest.max(self.at);
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn peek_word(&mut self) -> Token {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
        self.peek()
    }

    fn next_word(&mut self) -> Token {
        self.peek_word();
        self.next()
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Step<Token> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    fn word(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    fn is_keyword(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Keyword && self.word(token) == word
    }

    // Errors.

    fn line(&self) -> u32 {
        let token = self.tokens[self.furthest.min(self.tokens.len() - 1)];
        self.source.position(token.start).0
    }

    fn error(&self, message: String) -> Error {
        Error::parse(self.name, self.line(), message)
    }

    fn unexpected(&self, token: Token, context: &str) -> Error {
        if token.kind != Kind::Error {
            return self.error(format!("unexpected {} in {context}", self.shown(token)));
        }
        let mut message = self.lex_error.clone().unwrap_or_default();
        if self.action_line != 0 && self.action_line != self.line() {
            let repeats = message.ends_with(" action");
            message.push_str(if repeats { " started at " } else { " in action started at " });
            message.push_str(&format!("{}:{}", self.name, self.action_line));
        }
        self.error(message)
    }

    fn shown(&self, token: Token) -> String {
        let word = self.word(token);
        match token.kind {
            Kind::Eof => "EOF".into(),
            Kind::Keyword | Kind::Dot | Kind::Nil => format!("<{word}>"),
            _ if word.chars().count() > 10 => {
                format!("{}...", quote::quoted(&word.chars().take(10).collect::<String>()))
            }
            _ => quote::quoted(word),
        }
    }
}
