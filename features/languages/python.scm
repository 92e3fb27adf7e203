; What the Python analyser looks at, in one pass. Capture names are explained in python_source.py.

(call function: (_) @callee)
(string) @string
(expression_statement . (string) @doc .)
(concatenated_string) @joined
(binary_operator left: [(string) (concatenated_string)] operator: ["+" "%" "*"]) @joined
(binary_operator operator: "+" right: [(string) (concatenated_string)]) @joined
(binary_operator left: (call) operator: "+" right: (call)) @joined
(subscript value: [(string) (concatenated_string) (parenthesized_expression) (identifier)] subscript: (slice)) @joined
(subscript value: (call) subscript: [(string) (concatenated_string) (binary_operator)]) @looked
(subscript value: (attribute) subscript: [(string) (concatenated_string) (binary_operator)]) @looked
(exec_statement) @exec
(comparison_operator) @compare
(except_clause) @except
(try_statement) @try
(comment) @comment
(ERROR) @error
(import_statement) @import
(import_from_statement) @import
(assignment) @assign
(named_expression) @assign
(augmented_assignment) @grown
(with_item value: (as_pattern) @opened)
(function_definition name: (identifier) @function.name body: (_) @function.body)
(lambda body: (_) @lambda)
(class_definition) @class
(global_statement (identifier) @defined)
(parameters (identifier) @defined)
(lambda_parameters (identifier) @defined)
(default_parameter name: (identifier) @defined)
(typed_parameter . (identifier) @defined)
(typed_default_parameter name: (identifier) @defined)
(for_statement left: (identifier) @defined)
(for_in_clause left: (identifier) @defined)
(pattern_list (identifier) @defined)
(as_pattern_target (identifier) @defined)

[
  (expression_statement) (return_statement) (import_statement) (import_from_statement) (future_import_statement)
  (raise_statement) (assert_statement) (delete_statement) (pass_statement) (break_statement) (continue_statement)
  (global_statement) (nonlocal_statement) (exec_statement) (print_statement) (if_statement) (for_statement)
  (while_statement) (try_statement) (with_statement) (function_definition) (class_definition) (decorator)
  (elif_clause) (else_clause) (except_clause) (finally_clause) (match_statement) (type_alias_statement)
] @statement
