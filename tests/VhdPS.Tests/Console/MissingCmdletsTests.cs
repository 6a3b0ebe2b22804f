using System.Management.Automation.Runspaces;
using VhdPS.Console;
using VhdPS.Console.Cmdlets;

namespace VhdPS.Tests.Console;

public class MissingCmdletsTests
{
    [Fact]
    public void A_command_that_the_engine_has_is_not_shadowed()
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateFunctionEntry("Get-ChildItem", "'real'"));
        int outDefaultCount = state.Commands["Out-Default"].Count;
        MissingCmdlets.AddTo(state);
        Assert.IsType<SessionStateFunctionEntry>(Assert.Single(state.Commands["Get-ChildItem"]));
        Assert.Equal(outDefaultCount, state.Commands["Out-Default"].Count);
        var added = Assert.IsType<SessionStateCmdletEntry>(Assert.Single(state.Commands["Get-Item"]));
        Assert.Equal(typeof(GetItemCommand), added.ImplementingType);
    }
}
