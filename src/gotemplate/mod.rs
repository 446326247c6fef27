//! Go's text/template with the Sprig and Helm functions, over values with reference semantics.
