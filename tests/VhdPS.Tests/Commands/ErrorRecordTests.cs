using System.Management.Automation;
using System.Reflection;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Tests.Help;

namespace VhdPS.Tests.Commands;

/// <summary>Every error of the engine becomes a record with an id, a category and the advice that the help has.</summary>
public sealed class ErrorRecordTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly Dictionary<string, string> _help = HelpPage.Split(
        File.ReadAllText(Path.Combine(HelpPage.Folder, "about_VpcErrors.md")).ReplaceLineEndings("\n"), "## ");

    public static TheoryData<FaultCode> Faults => new(Enum.GetValues<FaultCode>());

    public void Dispose() => _session.Dispose();

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_carries_its_action(FaultCode code)
    {
        ErrorRecord record = Make(new VhdFormatException("a.vhd", new Finding(code, VhdStructure.File, null, "", "", "A sentence.")))!;
        Assert.Equal($"{code}", record.FullyQualifiedErrorId);
        Assert.Equal(Action($"{code}"), record.ErrorDetails.RecommendedAction);
        Assert.EndsWith(".", record.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_other_error_carries_the_action_that_the_help_has()
    {
        Exception[] others =
        [
            .. Enum.GetValues<OperationError>().Select(code => new VhdOperationException("a.vhd", code, "no.")),
            .. Enum.GetValues<ImageIOOperation>().Select(operation => new ImageIOException("a.vhd", operation, 0, new IOException("no"))),
            new ImageInUseException("a.vhd", forWriting: true), new FileNotFoundException(), new DirectoryNotFoundException(),
            new ItemNotFoundException(), new UnauthorizedAccessException(), new PathTooLongException(), new ArgumentException(),
            new PSNotSupportedException(), new IOException(),
        ];
        Assert.All(others, exception =>
        {
            ErrorRecord record = Make(exception)!;
            string id = record.FullyQualifiedErrorId;
            Assert.NotEqual(ErrorCategory.NotSpecified, record.CategoryInfo.Category);
            Assert.Equal((id, Action(id)), (id, record.ErrorDetails.RecommendedAction));
        });
    }

    [Fact]
    public void A_fault_of_the_program_is_no_record() => Assert.Null(Make(new InvalidOperationException()));

    private string Action(string id) => _help[id].Split("What to do: ")[1].Trim();

    private ErrorRecord? Make(Exception exception)
    {
        Type type = _session.Run("Get-Command Get-VpcImage").As<CmdletInfo>().Single().ImplementingType.Assembly.GetType("VhdPS.ErrorRecords")!;
        return (ErrorRecord?)type.GetMethod("TryMake", BindingFlags.Public | BindingFlags.Static)!.Invoke(null, [exception, "a.vhd"]);
    }
}
