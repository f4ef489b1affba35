/** By shell. Each asks the program itself, so that they stay right when it grows. */
export const SCRIPTS = {
  bash: `# nebulactl completion bash
_nebulactl() {
  local line="\${COMP_LINE:0:COMP_POINT}" words found last
  read -ra words <<< "$line"
  [[ "$line" == *[[:blank:]] ]] && words+=("")
  last="\${words[\${#words[@]}-1]}"
  local IFS=$'\\n'
  found=($(nebulactl __complete -- "\${words[@]:1}" 2>/dev/null))
  # For readline a word ends at : and =, and what stands before them is not typed again.
  COMPREPLY=("\${found[@]#"\${last%"\${last##*[:=]}"}"}")
}
complete -o default -F _nebulactl nebulactl
`,
  zsh: `#compdef nebulactl
_nebulactl() {
  local -a found
  found=("\${(@f)$(nebulactl __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -- "\${found[@]}"; else _files; fi
}
if [ "$funcstack[1]" = "_nebulactl" ]; then _nebulactl "$@"; else compdef _nebulactl nebulactl; fi
`,
  fish: `# nebulactl completion fish
function __nebulactl_complete
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  set -l found (nebulactl __complete -- $words 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c nebulactl -f -a '(__nebulactl_complete)'
`,
} as const;
