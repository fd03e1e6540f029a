/** A name as SQL wants it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A text as SQL wants it, whatever `standard_conforming_strings` says. */
export const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** What `ALTER … SET` takes as a list of names and not as one text. */
const lists = "'search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'"

/** SQL: the name and the value of a `setting` of pg_db_role_setting, each as ALTER … SET wants it. */
export const settingName = "split_part(setting, '=', 1)"
export const settingValue = `case when ${settingName} in (${lists}) then substr(setting, strpos(setting, '=') + 1)
  else quote_literal(substr(setting, strpos(setting, '=') + 1)) end`
