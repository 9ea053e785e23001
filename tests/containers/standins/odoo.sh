#!/bin/sh
# What the official image has beside Odoo's package: folders of its own, owned by user odoo.
install --directory --owner=odoo --group=odoo /mnt/extra-addons /var/lib/odoo
install --directory /etc/odoo
# Debian leaves this file out, for want of its source; without it the backend's bundle is broken.
stub=/usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation
install --directory "${stub}"
touch "${stub}/selfie_segmentation.js"
