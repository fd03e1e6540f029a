/** A name as SQL wants it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as SQL wants it, whatever `standard_conforming_strings` says. */
export const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** What `ALTER … SET` takes as a list of names and not as one text. */
const lists = "'search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'"

/** SQL: the name and the value of a `setting` of pg_db_role_setting, each as ALTER … SET wants it. */
export const settingName = "split_part(setting, '=', 1)"
const value = "substr(setting, strpos(setting, '=') + 1)"

/**
 * SQL: the names of a list, each as a text. What the catalog has of it is no SQL: SET … FROM CURRENT puts there what
 * set_config() was given, be it half a statement without a blank.
 */
const names = `(select coalesce(string_agg(quote_literal(case when word[1] like '"%'
    then replace(substr(word[1], 2, length(word[1]) - 2), '""', '"') else lower(word[1]) end), ', ' order by at), '''''')
  from regexp_matches(${value}, '"(?:[^"]|"")*"|[^,[:space:]"]+', 'g') with ordinality found(word, at))`

export const settingValue = `case when ${settingName} in (${lists}) then ${names} else quote_literal(${value}) end`

/** SQL: that a setting is no way to keep whoever has it out: to be another role, or to load what is not there. */
export const settingIsKept = "setting !~ '^(role|session_authorization|local_preload_libraries)='"
