# BRG_PLUGIN(KIND, NAME, SUMMARY, [PKG-CONFIG-MODULES])
# Gives --enable-plugin-NAME=yes|no|auto: auto builds the plugin when its libraries are
# there, yes fails without them. Sets PLUGIN_<NAME>_CFLAGS and _LIBS, the conditional
# PLUGIN_<NAME>, and one line of the summary.
AC_DEFUN([BRG_PLUGIN], [
m4_pushdef([brg_v], m4_translit([$2], [-], [_]))dnl
m4_pushdef([brg_V], m4_toupper(brg_v))dnl
AC_ARG_ENABLE([plugin-$2],
  [AS_HELP_STRING([--enable-plugin-$2=yes|no|auto], [$3 @<:@auto@:>@])],
  [], [enable_plugin_]brg_v[=$enable_all_plugins])
AS_CASE([$enable_plugin_]brg_v, [yes|no|auto], [],
  [AC_MSG_ERROR([--enable-plugin-$2 takes yes, no or auto])])
AS_IF([test "x$enable_plugin_]brg_v[" != xno],
  [m4_ifval([$4],
    [PKG_CHECK_MODULES([PLUGIN_]brg_V, [$4], [brg_have=yes], [brg_have=no])],
    [brg_have=yes])
   AS_IF([test $brg_have = no && test "x$enable_plugin_]brg_v[" = xyes],
     [AC_MSG_ERROR([plugin $2 was asked for but needs: $4])])
   AS_IF([test $brg_have = yes], [enable_plugin_]brg_v[=yes],
     [enable_plugin_]brg_v[="no (missing: $4)"])])
AM_CONDITIONAL([PLUGIN_]brg_V, [test "x$enable_plugin_]brg_v[" = xyes])
AS_VAR_APPEND([brg_summary], ["
  m4_format([%-10s], [$1])  m4_format([%-16s], [$2])  $enable_plugin_]brg_v["])
m4_popdef([brg_V])m4_popdef([brg_v])dnl
])
