# Completion of cppo for fish: cppo completion fish | source
# At each Tab it asks `cppo complete`, as the one for bash does.
function __cppo_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    switch "$found[1]"
        case :files
            __fish_complete_path (commandline -ct)
        case :directories
            __fish_complete_directories (commandline -ct)
        case '*'
            printf '%s\n' $found
    end
end
complete -c cppo -f -a '(__cppo_complete)'
