using VhdPS.Engine.Files;
using VhdPS.Engine.Format;
using VhdPS.Engine.Operations.Repair;


namespace VhdPS.Tests.Crash;

/// <summary>A repair of all that a cut can leave. Data under clear bits stays hidden, as the models have it.</summary>
internal static class CutRepair
{
    private static readonly FaultCode[] Codes = [.. Enum.GetValues<FaultCode>().Where(code => code != FaultCode.BitmapStale)];

    public static void Run(ImageFile file) =>
        RepairOperation.Run(file, RepairOperation.Plan(file, new RepairOptions { Codes = Codes, UniqueId = Guid.NewGuid() }), undo: null);
}
