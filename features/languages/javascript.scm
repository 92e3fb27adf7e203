; Everything the analyser looks at in JavaScript and JSX, and (same node names) in TypeScript.

; calls
(call_expression function: (_) @callee arguments: (arguments) @arguments)
(new_expression constructor: (_) @constructor)
(new_expression arguments: (arguments) @arguments)
(arguments (identifier) @passed)
(arguments [(function_expression) (arrow_function)] @callback)
(call_expression
  function: [
    (function_expression) @immediate
    (parenthesized_expression [(function_expression) (arrow_function)] @immediate)
    (member_expression object: (parenthesized_expression (function_expression) @immediate))
    (member_expression object: (function_expression) @immediate)])
(parenthesized_expression (call_expression function: (function_expression) @immediate))

; bundles: an invoked loader is handed the modules as functions in an array or object
(call_expression
  function: [(function_expression) (parenthesized_expression) (identifier)]
  arguments: (arguments [
    (array [(function_expression) (arrow_function)] @immediate)
    (object (pair value: [
      (function_expression) @immediate
      (arrow_function) @immediate
      (array . [(function_expression) (arrow_function)] @immediate)]))
    (object (method_definition) @immediate)]))
(variable_declarator
  name: (identifier) @_modules
  value: (object (pair value: [(function_expression) (arrow_function)] @immediate))
  (#eq? @_modules "__webpack_modules__"))

; names
(member_expression object: (identifier) @root)
(subscript_expression object: [(identifier) (this)] @root)
(subscript_expression
  index: [(binary_expression) (call_expression) (template_string) (subscript_expression) (identifier)
    (parenthesized_expression)] @index)
(variable_declarator name: (_) @declared)
(variable_declarator value: (_)) @declaration
(assignment_expression
  left: [(identifier) (member_expression)]
  right: [(call_expression) (member_expression) (subscript_expression) (identifier) (new_expression)
    (await_expression) (function_expression) (arrow_function) (string)]) @assignment
(assignment_expression left: (identifier) @changed)
(augmented_assignment_expression left: (identifier) @changed)
(formal_parameters) @parameters
(arrow_function parameter: (identifier) @declared)
(catch_clause parameter: (identifier) @declared)
(import_statement) @import
(export_statement source: (string) @reexport)
(function_declaration name: (identifier) @declared)
(class_declaration name: (_) @declared)

; functions
[(function_declaration) (function_expression) (arrow_function) (method_definition)
  (generator_function) (generator_function_declaration)] @function

; constants
(string) @string
(template_string) @template
(binary_expression operator: "+") @sum

; statements and handlers
[(expression_statement) (lexical_declaration) (variable_declaration) (return_statement) (throw_statement)
  (if_statement) (for_in_statement) (import_statement) (export_statement)] @statement
(catch_clause body: (statement_block) @handler)

; shape
[(class_declaration) (class)] @class
(comment) @comment
(ERROR) @error
