//! What the faulty server has beside the reference server's tools: tools, resources and a completion of which not
//! everybody may use or see all.
//!
//! It answers what the guard let through and the reference server does not know. Who may not is the user `mallory`.

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};
use support::fault::Asked;

/// The user who may not open the vault.
const STRANGER: &str = "mallory";

/// The second page of the resources.
const SECOND_PAGE: &str = "second";

/// Puts these parts into an answer of the reference server, whose request had these headers in the end.
pub(crate) fn extend(asked: &Asked, headers: &HeaderMap, response: &mut Response<Bytes>) {
    // Whatever the guard or the transport turned away stays as it is; unknown methods are 404 from 2026-07-28 on.
    if !matches!(response.status(), StatusCode::OK | StatusCode::NOT_FOUND) {
        return;
    }
    let Ok(mut message) = serde_json::from_slice::<Value>(response.body()) else { return };
    let params = &asked.message["params"];
    let may_open = asked.claims()["sub"] != STRANGER;
    let answer = match asked.rpc_method.as_deref() {
        Some("initialize" | "server/discover") => {
            let Some(capabilities) = message["result"]["capabilities"].as_object_mut() else { return };
            capabilities.insert("resources".to_owned(), json!({}));
            capabilities.insert("completions".to_owned(), json!({}));
            Ok(message["result"].take())
        }
        Some("tools/list") => {
            let Some(tools) = message["result"]["tools"].as_array_mut() else { return };
            tools.extend([vault(), look_up()]);
            Ok(message["result"].take())
        }
        Some("tools/call") => match asked.tool.as_deref() {
            Some("open_vault") if may_open => Ok(said("The vault is open.")),
            Some("open_vault") => Ok(json!({"isError": true, "content": [{"type": "text", "text": "Not for you."}]})),
            Some("look_up") => {
                if !asked.is_of_initialize_era() && !is_mirrored(headers, &params["arguments"]["region"]) {
                    *response.status_mut() = StatusCode::BAD_REQUEST;
                    Err((-32020, "Mcp-Param-Region differs from the body"))
                } else {
                    Ok(said("Nothing was found."))
                }
            }
            _ => return,
        },
        Some("resources/list") if params["cursor"] == SECOND_PAGE => {
            Ok(json!({"resources": [resource("vault://plans")]}))
        }
        Some("resources/list") => Ok(json!({"resources": [resource("notes://own")], "nextCursor": SECOND_PAGE})),
        Some("resources/templates/list") => {
            Ok(json!({"resourceTemplates": [{"uriTemplate": "vault://{plan}", "name": "plans"}]}))
        }
        Some("resources/read") => match params["uri"].as_str() {
            Some(uri @ "notes://own") => Ok(read(uri, &format!("Notes of {}.", asked.claims()["sub"]))),
            Some(uri @ "vault://plans") if may_open => Ok(read(uri, "We merge.")),
            _ => Err((-32602, "there is no such resource")),
        },
        Some("completion/complete") => {
            let values: &[&str] = if may_open { &["plans", "merger"] } else { &["plans"] };
            Ok(json!({"completion": {"values": values, "total": values.len(), "hasMore": false}}))
        }
        _ => return,
    };
    let answer = match answer {
        Ok(result) => json!({"jsonrpc": "2.0", "id": asked.rpc_id, "result": completed(asked, result)}),
        Err((code, text)) => json!({"jsonrpc": "2.0", "id": asked.rpc_id, "error": {"code": code, "message": text}}),
    };
    if response.status() == StatusCode::NOT_FOUND {
        *response.status_mut() = StatusCode::OK;
    }
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.body_mut() = answer.to_string().into();
}

fn vault() -> Value {
    json!({
        "name": "open_vault",
        "description": "Open the vault.",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": true},
    })
}

fn look_up() -> Value {
    json!({
        "name": "look_up",
        "description": "Look something up in a region.",
        "inputSchema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}},
        "annotations": {"readOnlyHint": true},
    })
}

fn resource(uri: &str) -> Value {
    json!({"uri": uri, "name": uri, "mimeType": "text/plain"})
}

fn said(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": false})
}

fn read(uri: &str, text: &str) -> Value {
    json!({"contents": [{"uri": uri, "mimeType": "text/plain", "text": text}]})
}

/// The result with what every result of its era has.
fn completed(asked: &Asked, mut result: Value) -> Value {
    if !asked.is_of_initialize_era() {
        let is_cacheable = asked.rpc_method.as_deref().is_some_and(|method| method.starts_with("resources/"));
        result["resultType"] = json!("complete");
        if is_cacheable {
            result["ttlMs"] = json!(0);
            result["cacheScope"] = json!("private");
        }
    }
    result
}

/// Whether the header says of this argument what the body says.
fn is_mirrored(headers: &HeaderMap, argument: &Value) -> bool {
    let Some(header) = headers.get("mcp-param-region") else { return argument.is_null() };
    let Ok(text) = header.to_str() else { return false };
    let wrapped = text.strip_prefix("=?base64?").and_then(|text| text.strip_suffix("?="));
    let said = match wrapped {
        Some(encoded) => STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()),
        None => Some(text.to_owned()),
    };
    said.is_some() && said.as_deref() == argument.as_str()
}
