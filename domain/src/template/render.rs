//! Walks the tree over the values.

use std::collections::BTreeMap;

use super::buffer::{Buffer, TooLong};
use super::parser::{Condition, Expression, Node, Source};
use super::{MAX_OUTPUT_BYTES, TemplateError};
use crate::secret_value::SecretValue;

type Secrets = BTreeMap<String, SecretValue>;

/// Renders `nodes` over `secrets`.
pub fn render(nodes: &[Node], secrets: &Secrets) -> Result<SecretValue, TemplateError> {
    let mut output = Buffer::default();
    write(nodes, secrets, &mut output)?;
    Ok(output.into_value())
}

fn write(nodes: &[Node], secrets: &Secrets, output: &mut Buffer) -> Result<(), TemplateError> {
    // Text alone is never over the limit: what brought the output there is the expression before it.
    let mut line = 1;
    for node in nodes {
        match node {
            Node::Text(text) => output.push(text.as_bytes()).map_err(|e| too_long(line, &e))?,
            Node::Output(expression) => {
                line = expression.line;
                let value = evaluate(expression, secrets)?;
                output.push(value.bytes()).map_err(|e| too_long(line, &e))?;
            }
            Node::Choice(arms, otherwise) => write(choose(arms, otherwise, secrets)?, secrets, output)?,
        }
    }
    Ok(())
}

fn choose<'a>(
    arms: &'a [(Condition, Vec<Node>)],
    otherwise: &'a [Node],
    secrets: &Secrets,
) -> Result<&'a [Node], TemplateError> {
    for (condition, body) in arms {
        if holds(condition, secrets)? {
            return Ok(body);
        }
    }
    Ok(otherwise)
}

fn holds(condition: &Condition, secrets: &Secrets) -> Result<bool, TemplateError> {
    let left = evaluate(&condition.left, secrets)?;
    let holds = match &condition.right {
        None => !left.bytes().is_empty(),
        Some(right) => left.into_value() == evaluate(right, secrets)?.into_value(),
    };
    Ok(holds != condition.negated)
}

fn evaluate(expression: &Expression, secrets: &Secrets) -> Result<Buffer, TemplateError> {
    let mut value = match &expression.source {
        Source::Literal(text) => Buffer::of(text.as_bytes()),
        Source::Secret(name) => match secrets.get(name) {
            Some(secret) => Buffer::of(secret.reveal()),
            None => {
                return Err(TemplateError::new(
                    expression.line,
                    format!("there is no secret {name:?}"),
                ));
            }
        },
    };
    for filter in &expression.filters {
        value = filter.apply(&value).map_err(|why| {
            TemplateError::new(
                expression.line,
                format!("{}: filter {}: {why}", of(&expression.source), filter.name()),
            )
        })?;
    }
    Ok(value)
}

fn of(source: &Source) -> String {
    match source {
        Source::Secret(name) => format!("secret {name:?}"),
        Source::Literal(_) => "a string".to_owned(),
    }
}

fn too_long(line: usize, _: &TooLong) -> TemplateError {
    TemplateError::new(line, format!("the output is over {MAX_OUTPUT_BYTES} bytes"))
}
