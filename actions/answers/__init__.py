"""Open questions, answered from the hospital's own documents (医院问答)."""
