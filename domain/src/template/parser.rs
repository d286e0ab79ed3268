//! The grammar: pieces to a tree whose secret names are all known.

use std::collections::BTreeSet;

use super::TemplateError;
use super::filter::{Argument, Filter};
use super::scanner::{Piece, Tag, Token};

/// How deep `if` may stand in `if`.
const MAX_DEPTH: usize = 16;
/// Words that are no secret's bare name.
const RESERVED: [&str; 12] = [
    "if", "elif", "else", "endif", "not", "and", "or", "in", "is", "true", "false", "secrets",
];

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Node {
    /// Copied as it is.
    Text(String),
    /// Written as it evaluates.
    Output(Expression),
    /// The first arm whose condition holds, else the last nodes.
    Choice(Vec<(Condition, Vec<Node>)>, Vec<Node>),
}

/// A value, passed through filters.
#[derive(Debug, Clone)]
pub struct Expression {
    /// Line it stands on.
    pub line: usize,
    /// Where it comes from.
    pub source: Source,
    /// What is done to it, in order.
    pub filters: Vec<Filter>,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The secret of this name.
    Secret(String),
    /// The template itself.
    Literal(String),
}

/// When an arm applies.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Turned round: `not`, `!=`.
    pub negated: bool,
    /// What is looked at.
    pub left: Expression,
    /// What it must equal; without it, it must not be empty.
    pub right: Option<Expression>,
}

/// Adds every secret name in `nodes` to `names`.
pub fn collect_names(nodes: &[Node], names: &mut BTreeSet<String>) {
    for node in nodes {
        match node {
            Node::Text(_) => {}
            Node::Output(expression) => expression.collect(names),
            Node::Choice(arms, otherwise) => {
                for (condition, body) in arms {
                    condition.left.collect(names);
                    condition.right.iter().for_each(|e| e.collect(names));
                    collect_names(body, names);
                }
                collect_names(otherwise, names);
            }
        }
    }
}

impl Expression {
    fn collect(&self, names: &mut BTreeSet<String>) {
        if let Source::Secret(name) = &self.source {
            names.insert(name.clone());
        }
    }
}

/// Parses all pieces.
pub fn parse(pieces: Vec<Piece>) -> Result<Vec<Node>, TemplateError> {
    let mut parser = Parser {
        pieces: pieces.into_iter(),
        depth: 0,
    };
    match parser.body()? {
        (nodes, None) => Ok(nodes),
        (_, Some((word, tag))) => Err(TemplateError::new(tag.line, format!("{word} without if"))),
    }
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    depth: usize,
}

/// What ends a body: `elif`, `else` or `endif`, and its tag.
type Ending = Option<(&'static str, Tag)>;

impl Parser {
    /// Nodes up to the tag that ends them, or the end of the template.
    fn body(&mut self) -> Result<(Vec<Node>, Ending), TemplateError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Text(text) => nodes.push(Node::Text(text)),
                Piece::Output(tag) => nodes.push(Node::Output(Tokens::of(&tag).whole(Tokens::expression)?)),
                Piece::Block(tag) => match tag.tokens.first() {
                    Some(Token::Word(word)) if word == "if" => nodes.push(self.choice(&tag)?),
                    Some(Token::Word(word)) => match ["elif", "else", "endif"].iter().find(|w| *w == word) {
                        Some(word) => return Ok((nodes, Some((word, tag)))),
                        None => return Err(TemplateError::new(tag.line, format!("unknown tag {word}"))),
                    },
                    _ => {
                        return Err(TemplateError::new(
                            tag.line,
                            "a tag begins with if, elif, else or endif",
                        ));
                    }
                },
            }
        }
        Ok((nodes, None))
    }

    fn choice(&mut self, tag: &Tag) -> Result<Node, TemplateError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(TemplateError::new(
                tag.line,
                format!("if is nested deeper than {MAX_DEPTH}"),
            ));
        }
        let mut arms = Vec::new();
        let mut condition = Tokens::after_word(tag).whole(Tokens::condition)?;
        let otherwise = loop {
            let (body, ending) = self.body()?;
            arms.push((condition, body));
            match ending {
                Some(("elif", tag)) => condition = Tokens::after_word(&tag).whole(Tokens::condition)?,
                Some(("else", tag)) => break self.otherwise(&tag)?,
                Some((_, tag)) => {
                    Tokens::after_word(&tag).end()?;
                    break Vec::new();
                }
                None => return Err(TemplateError::new(tag.line, "if without endif")),
            }
        };
        self.depth -= 1;
        Ok(Node::Choice(arms, otherwise))
    }

    fn otherwise(&mut self, tag: &Tag) -> Result<Vec<Node>, TemplateError> {
        Tokens::after_word(tag).end()?;
        match self.body()? {
            (nodes, Some(("endif", end))) => Tokens::after_word(&end).end().map(|()| nodes),
            (_, Some((word, end))) => Err(TemplateError::new(end.line, format!("{word} after else"))),
            (_, None) => Err(TemplateError::new(tag.line, "else without endif")),
        }
    }
}

/// Reads the tokens of one tag.
struct Tokens<'a> {
    rest: &'a [Token],
    line: usize,
}

impl<'a> Tokens<'a> {
    fn of(tag: &'a Tag) -> Self {
        Self {
            rest: &tag.tokens,
            line: tag.line,
        }
    }

    fn after_word(tag: &'a Tag) -> Self {
        Self {
            rest: tag.tokens.get(1..).unwrap_or_default(),
            line: tag.line,
        }
    }

    fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::new(self.line, message)
    }

    /// Reads with `read`, and nothing may be left.
    fn whole<T>(mut self, read: fn(&mut Self) -> Result<T, TemplateError>) -> Result<T, TemplateError> {
        let read = read(&mut self)?;
        self.end().map(|()| read)
    }

    fn end(&self) -> Result<(), TemplateError> {
        self.rest.first().map_or(Ok(()), |token| {
            Err(self.error(format!("unexpected {}", show(token))))
        })
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes `sign` if it comes next.
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.rest.first(), Some(Token::Sign(s)) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, sign: &str, context: &str) -> Result<(), TemplateError> {
        if self.sign(sign) {
            Ok(())
        } else {
            Err(self.error(format!("expected {sign} {context}")))
        }
    }

    fn condition(&mut self) -> Result<Condition, TemplateError> {
        let inverted = matches!(self.rest.first(), Some(Token::Word(w)) if w == "not");
        if inverted {
            self.next();
        }
        let left = self.expression()?;
        let unequal = self.sign("!=");
        let right = if unequal || self.sign("==") {
            Some(self.expression()?)
        } else {
            None
        };
        Ok(Condition {
            negated: inverted != unequal,
            left,
            right,
        })
    }

    fn expression(&mut self) -> Result<Expression, TemplateError> {
        let source = self.source()?;
        let mut filters = Vec::new();
        while self.sign("|") {
            filters.push(self.filter()?);
        }
        Ok(Expression {
            line: self.line,
            source,
            filters,
        })
    }

    fn source(&mut self) -> Result<Source, TemplateError> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Source::Literal(text.clone())),
            Some(Token::Word(word)) if word == "secrets" => self.indexed().map(Source::Secret),
            Some(Token::Word(word)) if RESERVED.contains(&word.as_str()) => Err(self.error(format!(
                "{word} is not a secret's bare name: write secrets[\"{word}\"]"
            ))),
            Some(Token::Word(word)) => Ok(Source::Secret(word.clone())),
            Some(token) => Err(self.error(format!(
                "expected a secret's name or a string, not {}",
                show(token)
            ))),
            None => Err(self.error("expected a secret's name or a string")),
        }
    }

    /// `["any/name"]`: only a string, so that the names are known before anything is rendered.
    fn indexed(&mut self) -> Result<String, TemplateError> {
        self.expect("[", "after secrets")?;
        let Some(Token::Text(name)) = self.next() else {
            return Err(self.error("secrets[…] takes a string: the name of a secret"));
        };
        self.expect("]", "after the secret's name")?;
        Ok(name.clone())
    }

    fn filter(&mut self) -> Result<Filter, TemplateError> {
        let Some(Token::Word(name)) = self.next() else {
            return Err(self.error("expected a filter's name after |"));
        };
        let mut argument = Argument::None;
        if self.sign("(") {
            argument = match self.next() {
                Some(Token::Text(text)) => Argument::Text(text.clone()),
                Some(Token::Number(number)) => Argument::Number(*number),
                _ => return Err(self.error(format!("filter {name} takes a string or a number in ( )"))),
            };
            self.expect(")", "after the filter's argument")?;
        }
        Filter::new(name, argument).map_err(|message| self.error(message))
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Word(word) => word.clone(),
        Token::Text(text) => format!("{text:?}"),
        Token::Number(number) => number.to_string(),
        Token::Sign(sign) => (*sign).to_owned(),
    }
}
