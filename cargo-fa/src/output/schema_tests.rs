//! As much of XML Schema as JUnit's schema uses for its structure: elements, their children, their attributes.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

#[derive(Debug, Default)]
struct Element {
    children: BTreeSet<String>,
    /// With whether they are required.
    attributes: BTreeMap<String, bool>,
}

#[derive(Debug)]
pub(super) struct Schema {
    elements: BTreeMap<String, Element>,
}

impl Schema {
    pub(super) fn read(text: &str) -> Self {
        let mut elements: BTreeMap<String, Element> = BTreeMap::new();
        let mut current = String::new();
        for event in events(text) {
            let (Event::Start(start) | Event::Empty(start)) = event else { continue };
            let attributes = attributes(&start);
            match (start.name().as_ref(), attributes.get("name"), attributes.get("ref")) {
                (b"xs:element", Some(name), _) => {
                    current.clone_from(name);
                    elements.entry(name.clone()).or_default();
                }
                (b"xs:element", None, Some(child)) => {
                    elements.get_mut(&current).unwrap().children.insert(child.clone());
                }
                (b"xs:attribute", Some(name), _) => {
                    let required = attributes["use"] == "required";
                    elements.get_mut(&current).unwrap().attributes.insert(name.clone(), required);
                }
                _ => {}
            }
        }
        assert!(elements.len() > 5, "{elements:?}");
        Self { elements }
    }

    /// What is wrong with `document`, in its order.
    pub(super) fn mistakes(&self, document: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut inside: Vec<String> = Vec::new();
        for event in events(document) {
            match event {
                Event::Start(start) => {
                    self.check(&start, inside.last(), &mut mistakes);
                    inside.push(name(&start));
                }
                Event::Empty(start) => self.check(&start, inside.last(), &mut mistakes),
                Event::End(_) => {
                    inside.pop();
                }
                _ => {}
            }
        }
        assert!(inside.is_empty());
        mistakes
    }

    fn check(&self, start: &BytesStart<'_>, parent: Option<&String>, mistakes: &mut Vec<String>) {
        let name = name(start);
        let element = &self.elements[&name];
        if let Some(parent) = parent
            && !self.elements[parent].children.contains(&name)
        {
            mistakes.push(format!("<{name}> in <{parent}>"));
        }
        let given = attributes(start);
        for attribute in given.keys().filter(|attribute| !element.attributes.contains_key(*attribute)) {
            mistakes.push(format!("<{name}> has an attribute `{attribute}`"));
        }
        for (attribute, required) in &element.attributes {
            if *required && !given.contains_key(attribute) {
                mistakes.push(format!("<{name}> has no attribute `{attribute}`"));
            }
        }
    }
}

fn events(text: &str) -> Vec<Event<'_>> {
    let mut reader = Reader::from_str(text);
    let events = std::iter::from_fn(|| match reader.read_event().unwrap() {
        Event::Eof => None,
        event => Some(event),
    });
    events.collect()
}

fn name(start: &BytesStart<'_>) -> String {
    String::from_utf8(start.name().as_ref().to_vec()).unwrap()
}

fn attributes(start: &BytesStart<'_>) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    start.attributes().map(Result::unwrap).map(|one| (text(one.key.as_ref()), text(&one.value))).collect()
}
