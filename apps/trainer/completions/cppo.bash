# Completion of cppo for bash (4.4 or newer): eval "$(cppo completion bash)"
# At each Tab it asks `cppo complete`: one line a candidate, word and description parted by a tab, or a line that names
# what the shell completes by itself. So this never needs to be made anew.
_cppo() {
  local line=${COMP_LINE:0:COMP_POINT} words word piece begin each found
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word=${words[${#words[@]}-1]}
  COMPREPLY=()
  mapfile -t found < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  case ${found[0]-} in
    :files) compopt -o default; return ;;
    :directories) compopt -o dirnames; return ;;
  esac
  # Bash breaks words at = and :, and replaces the last piece only.
  piece=${COMP_WORDS[COMP_CWORD]}
  [[ $piece == [=:] ]] && piece=
  begin=${word%"$piece"}
  for each in "${found[@]}"; do
    each=${each%%$'\t'*}
    COMPREPLY+=("${each#"$begin"}")
  done
  [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
}
complete -F _cppo cppo
