//! A snapshot of the mesh, the rules that judge it, and the reports.
