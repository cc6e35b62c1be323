#!/bin/bash
# Answers each message that this account receives, in order, once each, whatever is killed meanwhile.
# Usage: bot.sh [fastchat's options, as --data-dir DIR]
# `subscribe` with a name goes on at the last acknowledged message; `send` with an id sends a message once.
coproc FASTCHAT { exec "${FASTCHAT:-fastchat}" "$@" rpc; }
ask() { printf '{"jsonrpc":"2.0","id":"%s","method":"%s","params":{%s}}\n' "$@" >&"${FASTCHAT[1]}"; }
field() { [[ $line =~ \"$1\":\"?([^\",\}\\]*) ]] && printf '%s' "${BASH_REMATCH[1]}"; }

declare -A answered; open=()
ask subscribe subscribe '"name":"bot.sh","ack":true,"events":["message"]'
while read -r -u "${FASTCHAT[0]}" line; do
  case $line in
    *'"method":"event"'*)
      id=$(field id) to=$(field to); [[ $to == '#'* ]] || to=$(field from); open+=("$(field cursor)")
      ask "${open[-1]}" send "\"to\":\"$to\",\"text\":\"got it\",\"reply_to\":\"$id\",\"id\":\"bot $id\",\"timeout\":86400" ;;
    *'"id":"subscribe"'*) number=$(field subscription) ;;
    *'"result":{'*) answered[$(field id)]=1
      while [[ ${open[0]} && ${answered[${open[0]}]} ]]; do last=${open[0]}; open=("${open[@]:1}"); done
      ask ack ack "\"subscription\":$number,\"cursor\":\"$last\"" ;;
    *'"error"'*) echo "$line" >&2; exit 1 ;;
  esac
done
