//! `GET /_control/openapi.json`: the control plane described for programs (OpenAPI 3.1).

use axum::http::header;
use axum::response::IntoResponse;

/// The document, as it is checked in.
const DOCUMENT: &str = include_str!("../../openapi/control.json");

pub(super) async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::{Takes, operations};
    use super::*;
    use crate::http::faults::{Endpoint, WrongBody};

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    /// What a reference or an inline schema says.
    fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(reference) => document.pointer(reference.trim_start_matches('#')).expect(reference),
        }
    }

    #[test]
    fn the_document_describes_every_operation_and_no_other() {
        let document = document();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys().filter(|name| *name != "parameters") {
                described.insert((method.clone(), path.clone()));
            }
        }

        let served: BTreeSet<(String, String)> =
            operations().iter().map(|it| (it.method.to_owned(), it.path.to_owned())).collect();

        assert_eq!(described, served);
    }

    #[test]
    fn the_document_names_every_member_that_a_handler_takes_and_no_other() {
        let document = document();
        for operation in operations() {
            let at = format!("{} {}", operation.method, operation.path);
            let described = &document["paths"][operation.path][operation.method];
            let body = &described["requestBody"]["content"]["application/json"]["schema"];
            let schema = resolved(&document, body);
            let members: BTreeSet<&str> =
                schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let queries: BTreeSet<&str> = described["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|parameter| resolved(&document, parameter))
                .filter(|parameter| parameter["in"] == "query")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let (taken_members, taken_queries): (&[&str], &[&str]) = match operation.takes {
                Takes::Nothing => (&[], &[]),
                Takes::Query(names) => (&[], names),
                Takes::Json(names) => (names, &[]),
            };
            assert_eq!(members, taken_members.iter().copied().collect(), "{at}");
            assert_eq!(queries, taken_queries.iter().copied().collect(), "{at}");
            let takes_json = matches!(operation.takes, Takes::Json(_));
            assert_eq!(body.is_null(), !takes_json, "{at}");
            assert!(!takes_json || schema["additionalProperties"] == false, "{at} refuses unknown members");
            let item = &document["paths"][operation.path]["parameters"];
            let named = item.as_array().map_or(0, |parameters| {
                parameters.iter().filter(|one| resolved(&document, one)["in"] == "path").count()
            });
            assert_eq!(named, operation.path.matches('{').count(), "{at}");
        }
    }

    #[test]
    fn the_document_knows_the_endpoints_and_bodies_of_faults() {
        let document = document();
        let endpoints = document["components"]["schemas"]["Endpoint"]["enum"].clone();
        assert_eq!(endpoints, serde_json::json!(Endpoint::NAMES.map(|(name, _)| name)));
        let bodies = document["components"]["schemas"]["Fault"]["properties"]["body"]["enum"].clone();
        assert_eq!(bodies, serde_json::json!(WrongBody::NAMES.map(|(name, _)| name)));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn walk(document: &Value, at: &Value, seen: &mut usize) {
            match at {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
                        *seen += 1;
                    }
                    members.values().for_each(|value| walk(document, value, seen));
                }
                Value::Array(items) => items.iter().for_each(|value| walk(document, value, seen)),
                _ => {}
            }
        }
        let (document, mut seen) = (document(), 0);
        walk(&document, &document, &mut seen);
        assert!(seen > 20, "{seen}");
    }
}
