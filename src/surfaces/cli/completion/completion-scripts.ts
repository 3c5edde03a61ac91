export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * What a shell needs to ask the program itself (`__complete`): each hands over the words up to the cursor and takes
 * candidates, one a line, a hint behind a tab. Nothing that was typed is evaluated.
 *
 * bash, also the 3.2 of macOS, without the bash-completion package. Readline breaks words at @, = and : too, and replaces
 * only the end of what was typed ($2): a candidate is cut to what goes there.
 */
const BASH = `# gmail-export completion for bash: source <(gmail-export completion bash)
_gmail_export() {
  local line=\${COMP_LINE:0:COMP_POINT} typed kept word hint
  local -a words
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  typed=\${words[\${#words[@]}-1]}
  kept=\${typed%"$2"}
  COMPREPLY=()
  while IFS=$'\\t' read -r word hint; do
    if [[ $word == :directories ]]; then
      compopt -o filenames 2>/dev/null
      [[ $typed == --*=* ]] && typed=\${typed#*=} kept=\${kept#*=}
      while IFS= read -r word; do COMPREPLY+=("\${word#"$kept"}"); done < <(compgen -d -- "$typed")
    else
      COMPREPLY+=("\${word#"$kept"}")
    fi
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _gmail_export gmail-export
`;

const ZSH = `#compdef gmail-export
# gmail-export completion for zsh: a file _gmail-export in a folder of $fpath, or source <(gmail-export completion zsh)
_gmail-export() {
  local tab=$'\\t' line word
  local -a lines candidates
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}")
  if [[ $lines[1] == :directories ]]; then
    compset -P '--*='
    _files -/
    return
  fi
  [[ -n $lines[1] ]] || return 1
  for line in $lines; do
    word=\${line%%$tab*}
    candidates+=("\${word//:/\\\\:}\${line#$word}")
  done
  candidates=("\${(@)candidates/$tab/:}")
  _describe 'gmail-export' candidates
}
if [[ $funcstack[1] == _gmail-export ]]; then
  _gmail-export "$@"
else
  compdef _gmail-export gmail-export
fi
`;

const FISH = `# gmail-export completion for fish: a file gmail-export.fish in ~/.config/fish/completions
function __gmail_export_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($words[1] __complete -- $words[2..-1] "$typed" 2>/dev/null)
    if test "$lines[1]" = ":directories"
        __fish_complete_directories "$typed"
    else if set -q lines[1]
        printf '%s\\n' $lines
    end
end
complete -c gmail-export -f -a '(__gmail_export_complete)'
`;

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
