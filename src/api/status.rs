//! The status that istiod writes back. It is described in the CRDs and never validated.

use crate::api::schema::{Enum, Message, Type::*, field, value};

pub static ISTIO_STATUS: Message = Message {
    name: "istio.meta.v1alpha1.IstioStatus",
    fields: &[
        field("conditions", List(&Msg(&ISTIO_CONDITION)), "Conditions"),
        field("validationMessages", List(&Msg(&ANALYSIS_MESSAGE_BASE)), "Analysis messages"),
        field("observedGeneration", Int64, "Generation seen"),
    ],
};

pub static ISTIO_CONDITION: Message = Message {
    name: "istio.meta.v1alpha1.IstioCondition",
    fields: &[
        field("type", String, "Condition type"),
        field("status", String, "True False Unknown"),
        field("lastProbeTime", Timestamp, "Probe time"),
        field("lastTransitionTime", Timestamp, "Change time"),
        field("reason", String, "Machine reason"),
        field("message", String, "What happened, for people"),
        field("observedGeneration", Int64, "Generation").since("1.25"),
    ],
};

pub static ANALYSIS_MESSAGE_BASE: Message = Message {
    name: "istio.analysis.v1alpha1.AnalysisMessageBase",
    fields: &[
        field("type", Msg(&ANALYSIS_MESSAGE_BASE_TYPE), "Message type"),
        field("level", Enum(&ANALYSIS_MESSAGE_BASE_LEVEL), ""),
        field("documentationUrl", String, "Page that explains the message"),
    ],
};

pub static ANALYSIS_MESSAGE_BASE_LEVEL: Enum = Enum {
    name: "istio.analysis.v1alpha1.AnalysisMessageBase.Level",
    values: &[value("UNKNOWN", 0), value("ERROR", 3), value("WARNING", 8), value("INFO", 12)],
};

pub static ANALYSIS_MESSAGE_BASE_TYPE: Message = Message {
    name: "istio.analysis.v1alpha1.AnalysisMessageBase.Type",
    fields: &[field("name", String, "Type name"), field("code", String, "IST code")],
};
