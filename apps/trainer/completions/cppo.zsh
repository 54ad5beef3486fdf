#compdef cppo
# Completion of cppo for zsh: eval "$(cppo completion zsh)"
# At each Tab it asks `cppo complete`, as the one for bash does.
_cppo() {
  local -a found whole open
  local each word
  found=("${(@f)$("${words[1]}" complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case ${found[1]} in
    :files) _files; return ;;
    :directories) _files -/; return ;;
  esac
  for each in $found; do
    word=${each%%$'\t'*}
    if [[ $word == *= ]]; then
      open+=("${word//:/\\:}:${each#*$'\t'}")
    else
      whole+=("${word//:/\\:}:${each#*$'\t'}")
    fi
  done
  (( $#whole )) && _describe cppo whole
  (( $#open )) && _describe cppo open -S ''
}
compdef _cppo cppo
