//! Regular expressions (temporary, local).
use crate::gotemplate::Fault;
use crate::gotemplate::function::{Call, Function, Type};
use Type::Text;
pub(super) const TABLE: &[Function] = &[
    Function::new("regexMatch", &[Text, Text], |call| Ok(compiled(call)?.is_match(call.text(1)).into())),
    Function::new("regexFind", &[Text, Text], |call| {
        Ok(compiled(call)?.find(call.text(1)).map_or("", |found| found.as_str()).into())
    }),
    Function::new("regexReplaceAllLiteral", &[Text, Text, Text], |call| {
        Ok(compiled(call)?.replace_all(call.text(1), regex::NoExpand(call.text(2))).into_owned().into())
    }),
];
fn compiled(call: &Call<'_, '_>) -> Result<regex::Regex, Fault> {
    regex::Regex::new(call.text(0)).map_err(|error| Fault::new(error.to_string()))
}
