BRG_PLUGIN([connector], [exchange], [mailboxes on Exchange servers], [libxml-2.0 libcrypto])
