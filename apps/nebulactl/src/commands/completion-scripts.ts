/** By shell. Each asks the program itself, so that they stay right when it grows. */
export const SCRIPTS = {
  bash: `# nebulactl completion bash
_nebulactl() {
  local IFS=$'\\n' words
  words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(nebulactl __complete -- "\${words[@]}" 2>/dev/null))
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
  nebulactl __complete -- $words 2>/dev/null
end
complete -c nebulactl -f -a '(__nebulactl_complete)'
`,
} as const;
