//! The parser's way through its tokens, and the errors that name where it stands.

use super::{Parser, Step};
use crate::gotemplate::error::Error;
use crate::gotemplate::lexer::{Kind, Token};
use crate::gotemplate::quote;

impl Parser<'_> {
    pub(super) fn peek(&mut self) -> Token {
        self.furthest = self.furthest.max(self.at);
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(super) fn peek_word(&mut self) -> Token {
        while self.peek().kind == Kind::Space {
            self.at += 1;
        }
        self.peek()
    }

    pub(super) fn next_word(&mut self) -> Token {
        self.peek_word();
        self.next()
    }

    pub(super) fn expect(&mut self, kind: Kind, context: &str) -> Step<Token> {
        let token = self.next_word();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(token, context)) }
    }

    pub(super) fn word(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    pub(super) fn is_keyword(&self, token: Token, word: &str) -> bool {
        token.kind == Kind::Keyword && self.word(token) == word
    }

    fn line(&self) -> u32 {
        let token = self.tokens[self.furthest.min(self.tokens.len() - 1)];
        self.source.position(token.start).0
    }

    pub(super) fn error(&self, message: String) -> Error {
        Error::parse(self.name, self.line(), message)
    }

    pub(super) fn unexpected(&self, token: Token, context: &str) -> Error {
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
