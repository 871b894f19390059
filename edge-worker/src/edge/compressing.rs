//! Objects that are compressed before they are stored: by the platform, on their way.

use distribution::{Compression, Matched};
use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::ReadableStream;

use super::origin::OriginAnswer;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = ReadableStream)]
    type Piped;
    #[wasm_bindgen(method, js_name = pipeThrough, catch)]
    fn pipe_through(this: &Piped, transform: &JsValue) -> Result<ReadableStream, JsValue>;
}

/// An origin's answer as it is to be stored.
pub(super) fn compressed(matched: &Matched<'_>, mut answer: OriginAnswer) -> OriginAnswer {
    // `CompressionStream` has no Brotli.
    let Some(with) = matched.compression(answer.status, &answer.fields, &[Compression::Gzip])
    else {
        return answer;
    };
    let Some(content) = answer.content.take() else { return answer };
    match compression_stream()
        .and_then(|transform| content.unchecked_ref::<Piped>().pipe_through(&transform))
    {
        Ok(coded) => {
            matched.compressed(with, &mut answer.fields, 0);
            answer.fields.remove("content-length"); // nobody knows it yet
            answer.content = Some(coded);
        }
        Err(_) => answer.content = Some(content),
    }
    answer
}

fn compression_stream() -> Result<JsValue, JsValue> {
    let constructor: Function =
        Reflect::get(&js_sys::global(), &"CompressionStream".into())?.dyn_into()?;
    Reflect::construct(&constructor, &js_sys::Array::of1(&"gzip".into()))
}
