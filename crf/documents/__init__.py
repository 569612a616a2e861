"""Documents made from the declarations and the data: blank CRF, annotated CRF, participant casebook.

`writer` lays a form out, once; `blank`, `annotated` and `filled` say what stands at a field. `frame` puts forms
together, `capture` takes a participant's data, `build` is what the worker does.
"""
