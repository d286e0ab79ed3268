//! The accessibility tree: what a screen reader tells of a page.

use std::collections::BTreeMap;

use serde_json::Value;

/// Something that a screen reader tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is: `button`, `textbox`, `alert`.
    pub role: String,
    /// What it is called.
    pub name: String,
    /// What is said of it besides, as by `aria-describedby`.
    pub description: String,
    /// What it holds.
    pub value: String,
    /// `focused`, `required`, `invalid`, `live` and the like.
    pub properties: BTreeMap<String, String>,
}

impl Node {
    /// Whether it has this property, and it is not `false`.
    pub fn is(&self, property: &str) -> bool {
        self.properties
            .get(property)
            .is_some_and(|value| value != "false")
    }
}

/// All that a screen reader tells of a page, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree(pub Vec<Node>);

impl Tree {
    /// From what the browser says, which is in no order.
    pub(crate) fn of(answer: &Value) -> Self {
        let all: Vec<&Value> = answer["nodes"].as_array().into_iter().flatten().collect();
        let by_id: BTreeMap<&str, &Value> = all
            .iter()
            .filter_map(|node| Some((node["nodeId"].as_str()?, *node)))
            .collect();
        let mut found = Vec::new();
        let mut next: Vec<&Value> = all
            .iter()
            .filter(|node| node["parentId"].is_null())
            .copied()
            .collect();
        while let Some(node) = next.pop() {
            if node["ignored"] != true {
                found.push(told(node));
            }
            let children = node["childIds"].as_array().into_iter().flatten().rev();
            next.extend(children.filter_map(|id| by_id.get(id.as_str()?).copied()));
        }
        Self(found)
    }

    /// Those with this role.
    pub fn all<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a Node> {
        self.0.iter().filter(move |node| node.role == role)
    }

    /// The one with this role and name.
    pub fn find(&self, role: &str, name: &str) -> Option<&Node> {
        self.0.iter().find(|node| node.role == role && node.name == name)
    }

    /// What has the focus, apart from the document itself.
    pub fn focused(&self) -> Option<&Node> {
        let page = |node: &&Node| node.role != "RootWebArea";
        self.0.iter().filter(page).find(|node| node.is("focused"))
    }
}

fn told(node: &Value) -> Node {
    let text = |field: &str| plain(&node[field]["value"]);
    let properties = node["properties"].as_array().into_iter().flatten();
    let property = |it: &Value| Some((it["name"].as_str()?.to_owned(), plain(&it["value"]["value"])));
    Node {
        role: text("role"),
        name: text("name"),
        description: text("description"),
        value: text("value"),
        properties: properties.filter_map(property).collect(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
