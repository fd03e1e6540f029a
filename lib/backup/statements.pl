# Reads SQL as psql's lexer does: strings, quoted names, dollar quotes, comments, the data of COPY. A line is judged by
# where it stands: one that begins with a backslash is data in a string, and a command for psql between statements.
# What it finds is told on descriptor 3, a line each. With a key, the SQL goes on to psql, which obeys no command of its
# own from the first line on (\restrict), less what a role with no power cannot do: that is told, to be done afterwards.
use strict;
use warnings;
my ($key, $owner, $role) = @ARGV;
binmode STDIN;
binmode STDOUT;
open(my $told, '>&=', 3) or die "descriptor 3: $!";
my ($offset, $text, $in, $depth, $standard, $copying, $created) = (0, '', '', 0, 1, '', 0);
my (%seen, %said, %owners);
my $ahead = '';
# Alembic's table, whatever env.py calls it: this is its only column.
my $only = qr/\("?version_num"?\)/i;
my $table = '';
my $name = qr/(?:"(?:[^"]|"")*"|[\w\$\x80-\xff]+)/;

sub report { my ($kind, $what) = @_; $what =~ s/\\/\\\\/g; $what =~ s/\n/\\n/g; print $told "$kind\t$what\n" }
sub once { my ($kind, $what) = @_; report($kind, $what) unless $said{"$kind $what"}++ }
sub pass { print @_ if $key ne '' }
sub plain { return join '.', map { bare($_) } $_[0] =~ /$name/g }
sub bare { my ($word) = @_; return $word unless $word =~ s/^"(.*)"$/$1/s; $word =~ s/""/"/g; return $word }

sub statement {
  my $whole = $text;
  $text = '';
  return pass($whole) if $whole !~ /^\s*(?:SET|COPY|CREATE|COMMENT|ALTER|GRANT|REVOKE|DROP|INSERT INTO [^(]*(?:alembic_version"?|\("?version_num"?\)))(?!\w)/i;
  my $sql = $whole =~ s/^\s+//r;
  $standard = lc $1 eq 'on' if $sql =~ /^SET standard_conforming_strings = (on|off);$/i;
  if ($sql =~ /^COPY\s+((?:$name\s*\.\s*)?$name)(.*)\sFROM\s+stdin\b[^;]*;$/is) {
    my ($whose, $columns) = ($1, $2);
    $table = plain($whose);
    $copying = $columns =~ /^\s*$only\s*$/ || "$table$columns" =~ /(?:^|\.)alembic_version\s*$/ ? 'revisions' : 'rows';
  } elsif ($sql =~ /^INSERT INTO ((?:$name\.)?$name)\s(.*?)VALUES\s(.*);$/is) {
    my ($whose, $columns, $values) = ($1, $2, $3);
    my $into = plain($whose);
    return pass($whole) unless $into =~ /(?:^|\.)alembic_version$/ || $columns =~ /^\s*$only\s*$/;
    report('revision', "$into\t$1") while $values =~ /'([^']*)'/g;
  } elsif ($sql =~ /^CREATE EVENT TRIGGER |^COMMENT ON EVENT TRIGGER /i) {
    return report('last', $sql);
  } elsif ($sql =~ /^ALTER EVENT TRIGGER /i) {
    return; # it is restored switched off, and belongs to whoever restores
  } elsif ($sql =~ /^ALTER (.*) OWNER TO ($name);$/is) {
    my ($what, $whose) = ($1, bare($2));
    $owners{$1} = $whose if $what =~ /^(?:[A-Z]+ )+(.*)$/s;
    report('later', $sql) if $whose ne $owner || $what =~ /^SCHEMA /i;
    return;
  } elsif ($sql =~ /^(?:ALTER DEFAULT PRIVILEGES FOR ROLE|CREATE PUBLICATION $name FOR ALL TABLES|ALTER PUBLICATION $name ADD TABLES IN SCHEMA|COMMENT ON EXTENSION)\b/i) {
    return report('later', $sql);
  } elsif ($sql =~ /^(?:CREATE|ALTER|COMMENT ON) SUBSCRIPTION ($name)/i) {
    return once('subscription', bare($1));
  } elsif (!$created && $sql =~ /^(?:DROP (?!DATABASE|ROLE|TABLESPACE)|ALTER TABLE .* (?:DROP|DETACH) )/is) {
    return; # of --clean: there is nothing to be dropped
  } elsif ($sql =~ /^CREATE EXTENSION (?:IF NOT EXISTS )?($name)(?: WITH SCHEMA ($name))?/i) {
    once('extension', bare($1) . "\t" . (defined $2 ? bare($2) : 'public'));
  } elsif ($sql =~ /^CREATE SCHEMA $name;$/i) {
    $whole =~ s/(CREATE SCHEMA) /$1 IF NOT EXISTS /i; # it is there where an extension is in it
  } elsif ($sql =~ /^(?:GRANT|REVOKE) .*? ON (?:[A-Z]+ )+(.*) (?:TO|FROM) ($name)(?: WITH GRANT OPTION)?;$/s) {
    # What an owner may is for the owner that it has so far; when it gets another, that one's rights go along.
    my ($what, $whom) = ($1, bare($2));
    $whole =~ s/ (TO|FROM) $name(?=(?: WITH GRANT OPTION)?;\s*$)/ $1 $role/ if ($owners{$what} // '') eq $whom;
  }
  $created ||= $sql =~ /^CREATE /i;
  pass($whole);
}

sub scan {
  my ($line, $at) = @_;
  my $from = 0;
  while (($a = pos($line) // 0) < length $line) {
    if ($in eq 'comment') {
      if ($line =~ /\G\/\*/gc) { $depth++ }
      elsif ($line =~ /\G\*\//gc) { $in = '' if --$depth == 0 }
      else { $line =~ /\G(?:[^\/*]+|.)/gcs }
    } elsif ($in eq "'") { $line =~ /\G[^']*/gc; $in = '' if $line =~ /\G'/gc }
    elsif ($in eq 'E') { $line =~ /\G(?:[^'\\]+|\\.|'')+/gcs; $in = '' if $line =~ /\G'/gc }
    elsif ($in eq '"') { $line =~ /\G[^"]*/gc; $in = '' if $line =~ /\G"/gc }
    elsif ($in ne '') {
      my $end = index($line, $in, $a);
      pos($line) = $end < 0 ? length $line : $end + length $in;
      $in = '' if $end >= 0;
    } elsif ($line =~ /\G(?:[A-Za-z_\x80-\xff][\w\$\x80-\xff]*+(?!')|[\d\s(),.]++)++/gc) { }
    elsif ($line =~ /\G--[^\n]*/gc) { }
    elsif ($line =~ /\G\/\*/gc) { ($in, $depth) = ('comment', 1) }
    elsif ($line =~ /\G[Ee]'/gc) { $in = 'E' }
    elsif ($line =~ /\G'/gc) { $in = $standard ? "'" : 'E' }
    elsif ($line =~ /\G"/gc) { $in = '"' }
    elsif ($line =~ /\G(\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)/gc) { $in = $1 }
    elsif ($line =~ /\G;/gc) {
      $text .= substr($line, $from, pos($line) - $from);
      $from = pos($line);
      statement();
    } elsif ($line =~ /\G\\/gc) { report('command', $at + $a . ' ' . substr($line, $a, 80) =~ s/\n.*//sr) }
    else { $line =~ /\G(?:[A-Za-z_\x80-\xff][\w\$\x80-\xff]*|\d+|\s+|.)/gcs }
  }
  $text .= substr($line, $from);
  if ($text =~ /^\s*$/ && $in eq '') { pass($text); $text = '' }
}

# The next line; what is read ahead is in $ahead.
sub line {
  my $from = 0;
  while (index($ahead, "\n", $from) < 0) { $from = length $ahead; more() or last }
  return if $ahead eq '';
  my $end = index($ahead, "\n", $from);
  return taken($end < 0 ? length $ahead : $end + 1);
}

sub more { return sysread(STDIN, $ahead, 1 << 18, length $ahead) }
sub taken { $offset += $_[0]; return substr($ahead, 0, $_[0], '') }

# Passes the rows of a COPY on, many at a time.
sub rows {
  my $from = 0;
  while (1) {
    my $end = $ahead =~ /^\\\.\n/ ? 0 : index($ahead, "\n\\.\n", $from) + 1 || -1;
    return pass(taken($end + 3)) if $end >= 0;
    my $whole = 1 + rindex($ahead, "\n");
    pass(taken($whole)) if $whole > 0;
    $from = length $ahead > 2 ? length($ahead) - 2 : 0;
    return pass(taken(length $ahead)) unless more();
  }
}

pass("\\restrict $key\n");
while (1) {
  if ($copying eq 'rows') { rows(); $copying = ''; next }
  my $at = $offset;
  my $line = line();
  last unless defined $line;
  if ($copying ne '') {
    if ($line eq "\\.\n") { $copying = '' } else { report('revision', "$table\t" . $line =~ s/\n//r) }
    pass($line);
    next;
  }
  if ($text eq '' && $in eq '') {
    $line =~ s/^\xef\xbb\xbf// if $at == 0;
    if ($line =~ /^\\((?:un)?restrict) (\S+)$/ && !$seen{$1}++) { report($1, $2); pass("\n"); next }
    once('mark', $1) if $line =~ /^-- (PostgreSQL database .*|Dumped by pg_dump version.*)$/;
    if ($line =~ /^(?:--|\s*$)/) { pass($line); next }
  }
  scan($line, $at);
}
pass($text);
close STDOUT or die "psql has ended\n";
