; Everything the analyser looks at in shell scripts and in the command lines of lifecycle scripts.

(command) @command
(pipeline) @pipeline
(declaration_command) @declaration
(variable_assignment) @assignment
(file_redirect) @redirect
(heredoc_body) @heredoc
(command_substitution) @substitution
(simple_expansion (variable_name) @variable)
(expansion (variable_name) @variable)
(string) @string
(raw_string) @string
(ansi_c_string) @string
(function_definition) @function
(test_command) @test
(list) @list
(comment) @comment
(ERROR) @error
