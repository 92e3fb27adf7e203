; Everything the analyser looks at in JavaScript and JSX, and (same node names) in TypeScript.
;
; Patterns are decided as soon as the captured node is entered, or by its first child: a pattern that has to wait for a
; later sibling keeps a state alive over the whole subtree, and captures get slower with every such state.

; calls
(call_expression function: (_) @callee)
(new_expression constructor: (_) @constructor)
(arguments) @arguments
(arguments . (identifier) @passed)
(call_expression function: (function_expression) @immediate)
(call_expression function: (parenthesized_expression . [(function_expression) (arrow_function)] @immediate))
(call_expression function: (member_expression object: [
  (function_expression) @immediate
  (parenthesized_expression . [(function_expression) (arrow_function)] @immediate)]))

; names
(member_expression object: (identifier) @root)
(subscript_expression object: [(identifier) (this)] @root)
(subscript_expression
  index: [(binary_expression) (call_expression) (template_string) (subscript_expression) (identifier)
    (parenthesized_expression)] @index)
(variable_declarator) @declaration
(assignment_expression left: [(identifier) (member_expression)]) @assignment
(augmented_assignment_expression left: (identifier) @changed)
(formal_parameters) @parameters
(arrow_function . (identifier) @declared)
(catch_clause parameter: (identifier) @declared)
(import_statement) @import
(export_statement source: (string) @reexport)
(function_declaration name: (identifier) @declared)
(class_declaration name: (_) @declared)

; functions
(function_declaration) @function
(function_expression) @function
(arrow_function) @function
(method_definition) @function
(generator_function) @function
(generator_function_declaration) @function

; constants
(string) @string
(template_string) @template
(binary_expression operator: "+") @sum

; statements and handlers
(expression_statement) @statement
(lexical_declaration) @statement
(variable_declaration) @statement
(return_statement) @statement
(throw_statement) @statement
(if_statement) @statement
(for_in_statement) @statement
(import_statement) @statement
(export_statement) @statement
(catch_clause) @handler

; shape
(class_declaration) @class
(class) @class
(comment) @comment
(ERROR) @error
