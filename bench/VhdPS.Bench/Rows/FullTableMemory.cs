using VhdPS.Bench.Compare;

namespace VhdPS.Bench.Rows;

/// <summary>A command on an image with every block in its file.</summary>
/// <param name="command">What is run, with <c>$path</c> for the image and <c>$target</c> for a file to make.</param>
/// <param name="sizeBytes">The disk's size.</param>
/// <param name="goalBytes">See <see cref="MemoryWork.GoalBytes"/>.</param>
internal sealed class FullTableMemory(string command, long sizeBytes, long goalBytes) : MemoryWork
{
    private WarmEngine? _engine;
    private string _path = string.Empty;
    private string _target = string.Empty;

    public override string Name => $"full-table: {command}";

    public override string Work => $"`{command}`, {sizeBytes / BenchData.GiB} GiB, every block in the file";

    public override long GoalBytes => goalBytes;

    public override void Prepare(BenchData data)
    {
        _engine = new WarmEngine();
        _path = data.PathOf("full-table-memory.vhd");
        _target = data.PathOf("full-table-target.vhd");

        // The small image brings the code of the work into memory.
        FullTableImage.Write(_path, BenchData.GiB);
        Run();
        FullTableImage.Write(_path, sizeBytes);
    }

    public override void Run()
    {
        _engine!.RunSilently(command, new Dictionary<string, object> { ["path"] = _path, ["target"] = _target });
        File.Delete(_target);
    }

    public override void Dispose()
    {
        _engine?.Dispose();
        File.Delete(_path);
        base.Dispose();
    }
}
