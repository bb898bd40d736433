/* Copies the lines of MAIL to F. */
from = value('MAIL', , 'SYSTEM')
to = value('F', , 'SYSTEM')
do while lines(from) > 0
	if lineout(to, linein(from)) <> 0 then exit 1
end
call lineout to
exit 0
