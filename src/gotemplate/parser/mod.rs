//! Builds the templates of one source out of its tokens, with Go's error messages.

mod expression;
mod tokens;

use std::sync::Arc;

use super::ast::{Block, Branch, Call, Node, Source, Template};
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
}
